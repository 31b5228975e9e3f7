"""Indicators and irregularities as their SQL files define them.

An indicator is a query of the entries that contribute (`position, hub, occurred_at, field, country, amount`,
and `period` where the header says that it has its own) and an aggregate over them. A ratio of sums has a second
amount, `against`; what counts once in every slice has a `key`. An amount that cannot be told (no rate on that day,
no calendar) is NULL, and the figure says how many are.

Each version of an indicator is a file, `indicators/hd_04/2.sql`, and stays when a newer one comes. In the mirror the
newest is the view `indicator.hd_04`, an older one `indicator.hd_04_v1`; each irregularity is
`irregularity.case_resolved_again`, all of them together `irregularities`.

Beside each version stands what it means in words, `indicators/hd_04/2.toml`, in Korean and English. The digest of the
formula is of the SQL file alone, so that a word may be mended.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

HERE = Path(__file__).parent
Better: TypeAlias = Literal["higher", "lower", "neither"]
UNITS = {
    "business minutes": "업무분",
    "calendar minutes": "분",
    "case": "건",
    "company": "개사",
    "d": "일",
    "family": "패밀리",
    "KRW": "원",
    "paper": "편",
    "person-month": "인월",
    "project": "과제",
    "working days": "업무일",
    "x": "배",
}
"""Units that have a Korean name."""


class Definition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An indicator in words: what it means, what counts, what does not, and by which time it counts."""

    means: str
    counts: str
    leaves_out: str
    timed: str


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is `better`, a higher or a lower figure or `neither`, and the definition in Korean and English."""

    better: Better
    ko: Definition
    en: Definition


class Indicator(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a figure: names, unit, how the amounts are put together, and the query of its evidence.

    `persons` when persons stand behind it: what leaves the house goes through `projections.disclosure`.
    `formula` is the SHA-256 digest of its file; `counts` is the rule of the query, `definition` says it for readers.
    """

    code: str
    version: int
    class_: str = msgspec.field(name="class")
    ko: str
    en: str
    unit: str
    unit_ko: str
    better: Better
    definition: dict[str, Definition]
    aggregate: str
    counts: str
    own_period: bool
    persons: bool
    formula: str
    sql: str

    @property
    def view(self) -> str:
        newest = INDICATORS[self.code].version == self.version
        return f"indicator.{self.column}" if newest else f"indicator.{self.column}_v{self.version}"

    def uses(self, column: str) -> bool:
        """Whether its evidence has this column beside those that all have."""
        return re.search(rf"\b{column}\b", self.aggregate) is not None

    def attains(self, value: Decimal | None, target: Decimal | None) -> bool | None:
        """Whether a value is as good as a target; None where one is absent, or higher is no better than lower."""
        return None if value is None or target is None or self.better == "neither" else self.reaches(value, target)

    def reaches(self, value: Decimal, target: Decimal) -> bool:
        """Whether a value is at a target or beyond it, on the way to the better."""
        return value <= target if self.better == "lower" else value >= target

    @property
    def column(self) -> str:
        """Its name among columns: `HD-01` is `hd_01`."""
        return self.code.lower().replace("-", "_")


class Qualitative(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"class_": "class"}):
    """A version of a qualitative indicator (질적 지표): a hub assesses it in words (`domain.acts.review`)."""

    code: str
    version: int
    class_: str
    ko: str
    en: str
    definition: dict[str, Definition]


class Irregularity(msgspec.Struct, frozen=True, kw_only=True):
    """Entries that a rule is against, by its code; `rule` names the source."""

    code: str
    version: int
    ko: str
    en: str
    rule: str
    sql: str

    @property
    def view(self) -> str:
        return f"irregularity.{self.code.replace('.', '_')}"


def _files(pattern: str) -> Iterator[tuple[Path, dict[str, str], str, str]]:
    """Path, header, query and digest of each SQL file, by name."""
    for path in sorted(HERE.glob(pattern)):
        text = path.read_text(encoding="utf-8")
        query = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
        yield path, _header(text), query, hashlib.sha256(text.encode()).hexdigest()


def _about(path: Path) -> About:
    return msgspec.toml.decode(path.with_suffix(".toml").read_bytes(), type=About)


def _header(text: str) -> dict[str, str]:
    """`-- key: value    key: value`; a key begins its line or stands after two spaces, other lines go on."""
    header: dict[str, str] = {}
    last = ""
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        pairs = re.findall(
            r"(?:^|\s{2,})([a-z]+): +(.+?)(?=\s{2,}[a-z]+: |$)", line[2:].lstrip() if ":" in line else ""
        )
        if pairs:
            header |= dict(pairs)
            last = pairs[-1][0]
        elif last:
            header[last] += " " + line[2:].strip()
    return header


def _indicator(it: dict[str, str], sql: str, formula: str, about: About) -> Indicator:
    return Indicator(
        code=it["code"],
        version=int(it["version"]),
        class_=it["class"],
        ko=it["ko"],
        en=it["en"],
        unit=it["unit"],
        unit_ko=UNITS.get(it["unit"], it["unit"]),
        better=about.better,
        definition={"ko": about.ko, "en": about.en},
        aggregate=it["aggregate"],
        counts=it["counts"],
        own_period="period" in it,
        persons=it.get("persons") == "yes",
        formula=formula,
        sql=sql,
    )


VERSIONS: dict[tuple[str, int], Indicator] = {
    (it["code"], int(it["version"])): _indicator(it, sql, formula, _about(path))
    for path, it, sql, formula in _files("indicators/*/*.sql")
}
"""Every version of every indicator, by code and number: an edition is reproduced with those it was made with."""

INDICATORS: dict[str, Indicator] = {
    code: VERSIONS[code, max(number for other, number in VERSIONS if other == code)] for code, _ in VERSIONS
}
"""The newest version of every indicator, by its code."""

QUALITATIVE: dict[tuple[str, int], Qualitative] = {
    (it.code, it.version): it
    for path in sorted(HERE.glob("qualitative/*/*.toml"))
    for it in [msgspec.toml.decode(path.read_bytes(), type=Qualitative)]
}
"""Every version of every qualitative indicator, at least one for each function of a hub."""

IRREGULARITIES: dict[str, Irregularity] = {
    it["code"]: Irregularity(
        code=it["code"], version=int(it["version"]), ko=it["ko"], en=it["en"], rule=it["rule"], sql=sql
    )
    for _, it, sql, _ in _files("irregularities/*.sql")
}
"""Every irregularity by its code."""
