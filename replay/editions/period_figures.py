"""The figures of a half-year as of a cut-off: what hubs attest, editions publish and late facts would move."""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from threading import Lock
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from domain import canonical
from domain.messages import Message
from projections import figures as evidence
from projections.definitions import QUALITATIVE, VERSIONS, Indicator
from projections.mirror.asker import Cancelled, Shared, check_cancelled, report_progress
from projections.mirror.snapshot import Reading
from replay.as_of import Opener, rate_versions

DIMENSIONS = ("hub", "ministry", "region", "field", "country")
"""The dimensions of an edition's figures, one at a time, besides the figure of all together."""

PLACES = Decimal("0.000001")
"""A figure has six decimals, rounded half to even: below that, the order of adding up may show."""

REMEMBERED, REMEMBERED_BYTES = 64, 4 * 1024 * 1024
"""How many results are remembered, and their total length at most as JSON; Python's values take up to three times that.
The longest is forgotten first: a difference of two points has a line for each entry between them."""

T = TypeVar("T")

_exactly = Context(prec=60, rounding=ROUND_HALF_EVEN)


class UnknownVersion(Message):
    """The tree does not have this version of an indicator."""


class Cut(msgspec.Struct, frozen=True):
    """What counts: the half-year, the last moment, the last entry, and the indicators by code and version.

    `fx` names the versions of rate sets that amounts are converted by; None for the newest known at the position.
    """

    period: str
    valid_cutoff: datetime
    position: int
    indicators: tuple[tuple[str, int], ...]
    fx: tuple[tuple[str, int], ...] | None = None

    @classmethod
    def of(cls, period: str, valid_cutoff: datetime, position: int, indicators: Mapping[str, int]) -> Cut:
        return cls(period, valid_cutoff, position, tuple(sorted(indicators.items())))

    def at(self, position: int, fx: Mapping[str, int] | None) -> Cut:
        """The same with what is known at another position, in the money of the one before."""
        return replace(self, position=position, fx=None if fx is None else tuple(sorted(fx.items())))

    @property
    def rates(self) -> dict[str, int] | None:
        return None if self.fx is None else dict(self.fx)


class Figure(msgspec.Struct, frozen=True, omit_defaults=True):
    """`value` is exact text, None where nothing makes a figure; `by` and `of` are its slice, None for all together.

    `evidence` is how many entries stand behind it, `missing` how many of them have no amount (no rate, no calendar).
    All three are None where `withheld` (비공개): so few persons are behind it, or it would give such a figure away;
    under version 2 of the rule the latter is `secondary` (역산 가능하여 비공개).

    Of money, `earlier_rate` is how many amounts were converted by the rate of an earlier day, `rate_sets` the rate sets
    and versions that it was converted by. What is not in money has neither.
    """

    indicator: str
    version: int
    by: str | None
    of: str | None
    value: str | None
    evidence: int | None
    missing: int | None
    withheld: bool = False
    secondary: bool = False
    earlier_rate: int | None = None
    rate_sets: tuple[str, ...] | None = None


class HubFigures(msgspec.Struct, frozen=True):
    """What a hub hands in: its own figures as of the cut-off, in full: what it vouches for it must see.

    Its digest is of the canonical JSON of all of this.
    """

    period: str
    hub: str
    valid_cutoff: datetime
    position: int
    figures: tuple[Figure, ...]

    @property
    def digest(self) -> str:
        return canonical.digest(self)


class Move(msgspec.Struct, frozen=True, omit_defaults=True):
    """A figure that is not what it was. `delta` is signed; None where there is nothing to take the one from.

    Where it is `withheld` it stands for all figures of the indicator, and says no more than that some moved.
    """

    indicator: str
    version: int
    by: str | None
    of: str | None
    before: str | None
    after: str | None
    delta: str | None
    withheld: bool = False


class FigureCache:
    """Computes the figures of a cut once, while it is remembered. What counts as of a position never changes, so they
    stay right.

    `figure_reading` reads figures from tables that many readers share; without it each reading makes its own.
    """

    def __init__(self, opened: Opener, figure_reading: Opener | None = None) -> None:
        self.opened = opened
        self.figure_reading = figure_reading or opened
        self._made: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._making: dict[Hashable, Shared[Any]] = {}
        self._lock = Lock()

    def figures(self, cut: Cut, dimensions: Sequence[str] = DIMENSIONS) -> tuple[Figure, ...]:
        """All figures of a cut, by indicator and slice, in full. Raises UnknownVersion."""
        cut = self.with_fx_versions(cut)

        def make() -> tuple[Figure, ...]:
            with self.reading_of(cut) as reading:
                found = list[Figure]()
                for n, it in enumerate(asked := [*indicator_versions(cut)]):
                    report_progress(f"figures as of {cut.position}", n, len(asked))
                    found += figures_of_indicator(reading, it, cut.period, dimensions)
                return tuple(found)

        return self.once((cut, *dimensions), make)

    def with_fx_versions(self, cut: Cut) -> Cut:
        """A cut with the rate sets that it converts by: the same cut, whether they are named or implied."""
        if cut.fx is not None:
            return cut
        return cut.at(cut.position, self.once(("fx", cut.position), lambda: rate_versions(self.opened, cut.position)))

    def reading_of(self, cut: Cut) -> AbstractContextManager[Reading]:
        """Reads figures of a cut; if its money is that of its position, in the same tables as a reading of the position
        alone."""
        meant = self.with_fx_versions(cut.at(cut.position, None)).fx
        rates = None if cut.fx in (None, meant) else dict(cut.fx)
        return self.figure_reading(cut.position, cut.valid_cutoff, rates)

    def once(self, of: Hashable, make: Callable[[], T]) -> T:
        """The remembered result for `of`, or the one being made for others, else a new one: for what depends on cuts
        alone."""
        while True:
            with self._lock:
                if of in self._made:
                    self._made.move_to_end(of)
                    found: T = self._made[of][0]
                    return found
                if mine := of not in self._making:
                    self._making[of] = Shared()
                shared: Shared[T] = self._making[of]
            if mine:
                return self._keep(of, shared, make)
            with contextlib.suppress(Cancelled):  # its maker and all who waited have left
                return shared.wait()
            check_cancelled()

    def _keep(self, of: Hashable, shared: Shared[T], make: Callable[[], T]) -> T:
        try:
            made = shared.make(make)
            size = len(msgspec.json.encode(made))
            with self._lock:
                self._made[of] = made, size
                while len(self._made) > REMEMBERED:
                    self._made.popitem(last=False)
                while sum(size for _, size in self._made.values()) > REMEMBERED_BYTES:
                    del self._made[max(self._made, key=lambda it: self._made[it][1])]
            return made
        finally:
            with self._lock:
                del self._making[of]

    def of_hub(self, cut: Cut, hub: str) -> HubFigures:
        own = tuple(it for it in self.figures(cut) if it.by == "hub" and it.of == hub)
        return HubFigures(cut.period, hub, cut.valid_cutoff, cut.position, own)


def indicator_versions(cut: Cut) -> Iterator[Indicator]:
    """The versions that a cut computes. Raises UnknownVersion for one that is not in the tree."""
    for code, version in cut.indicators:
        if (code, version) in QUALITATIVE:
            continue
        if (found := VERSIONS.get((code, version))) is None:
            raise UnknownVersion("indicator.unknown_version", "indicator", indicator=code, version=version)
        yield found


def figures_of_indicator(
    reading: Reading, it: Indicator, period: str, dimensions: Sequence[str] = DIMENSIONS
) -> Iterator[Figure]:
    """The figure of all together, then those of each dimension by value; what has no value comes last."""
    order = {name: n for n, name in enumerate(dimensions, 1)}
    rows = evidence.figures_by_dimension(reading, it, dimensions, period).to_pylist()
    for row in sorted(rows, key=lambda row: (order.get(row["by"], 0), row["of"] is None, row["of"] or "")):
        rates = None if row["rate_sets"] is None else tuple(row["rate_sets"])
        yield Figure(
            it.code, it.version, row["by"], row["of"], exact_text(row["value"]), row["evidence"], row["missing"],
            earlier_rate=row["earlier_rate"], rate_sets=rates,
        )  # fmt: skip


def exact_text(value: object) -> str | None:
    """A figure as text without trailing zeros, to six decimals. None for what is no number."""
    if value is None:
        return None
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)  # type: ignore[arg-type]
    if not number.is_finite():
        return None
    text = f"{number.quantize(PLACES, context=_exactly):f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def figure_moves(before: Sequence[Figure], after: Sequence[Figure]) -> list[Move]:
    """Each figure that differs, in the order of the figures after."""
    old = {(it.indicator, it.by, it.of): it for it in before}
    new = {(it.indicator, it.by, it.of): it for it in after}
    found = []
    for at, it in [*new.items(), *((at, it) for at, it in old.items() if at not in new)]:
        was = old[at].value if at in old else None
        is_ = new[at].value if at in new else None
        if was != is_:
            found.append(Move(it.indicator, it.version, it.by, it.of, was, is_, _delta(it, was, is_)))
    return found


def is_additive(it: Indicator) -> bool:
    """Whether the figures of parts add up to that of the whole: a count or a sum, not a ratio, a mean or a median."""
    return it.aggregate.startswith(("count(", "sum(", "each_once(")) and "/" not in it.aggregate


def _delta(it: Figure, before: str | None, after: str | None) -> str | None:
    """A missing additive figure counts as 0; a missing mean or median is no number."""
    if None in (before, after) and not is_additive(VERSIONS[it.indicator, it.version]):
        return None
    return exact_text(Decimal(after or 0) - Decimal(before or 0))
