"""Editions (판): the content of each, made from its key when it is published and kept from then on.

The key names all that the figures depend on, and the record holds key and digest; the content is kept by its digest
next to the record, on disk before the act is. Readers of an edition get what was kept. `replay.editions.reproduction`
makes it again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import duckdb
import msgspec

from domain import canonical, history
from domain.acts.check import Check
from domain.acts.check_events import EditionPublished, EditionRestated, EditionWithdrawn
from domain.acts.edition import EditionKey
from domain.acts.review import AssessmentMade
from domain.messages import Message
from domain.record import FOREVER, Recorded, Role
from domain.redaction import digest_of, sha256
from domain.registry import entries
from domain.vocabulary import SCHEMES
from journal.log.checkpoint import Checkpoint
from journal.store.journal import Journal
from journal.store.recorder import KeptContent
from journal.store.redaction import left_of
from projections.definitions import QUALITATIVE
from projections.mirror import shared_sql
from replay.as_of import Opener, rate_versions
from replay.editions.period_figures import Cut, Figure, FigureCache, Move, figure_moves, indicator_versions
from replay.editions.withholding import (
    IN_FORCE,
    Publication,
    unproven_indicators,
    withheld_publication,
    without_amounts,
)

MADE_BY = f"sagwan {version('sagwan')}, duckdb {duckdb.__version__}"
"""Stored with the content of an edition: another release of the SQL engine may compute differently."""


class NoEdition(Message):
    """The record has no such check or edition; the message says what there is."""


class NotAsPublished(Message):
    """The published content is not available: nothing was kept of it, and its key makes other figures."""


class Adjustment(msgspec.Struct, frozen=True):
    """전기조정: an earlier half-year's figure moved since it was published or last shown to have moved.

    Of figures with persons behind them it says only that some moved; a restatement (정정공표) tells them anew.
    """

    period: str
    edition: int
    moves: tuple[Move, ...]


class AssessmentReference(msgspec.Struct, frozen=True):
    """What a hub handed in on a qualitative indicator: where it stands in the record, and the digest that the sealed
    log has of it. So the edition stays what it was when the text has to be destroyed by law.
    """

    hub: str
    indicator: str
    version: int
    position: int
    digest: str


class EditionContent(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that an edition says; its digest is of the canonical JSON of this and nothing else.

    `unproven` are the indicators of which something about few persons follows all the same.
    """

    period: str
    figures: tuple[Figure, ...]
    adjustments: tuple[Adjustment, ...]
    assessments: tuple[AssessmentReference, ...] = ()
    unproven: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        return canonical.digest(self)

    @property
    def kept(self) -> KeptContent:
        """As it is kept, with the releases that made it."""
        content = canonical.canonical(self)
        return KeptContent(hashlib.sha256(content).hexdigest(), content, MADE_BY)


class Withdrawn(msgspec.Struct, frozen=True):
    """The act that withdrew an edition (공표 철회)."""

    reason: str
    at: datetime
    position: int
    never_shown: bool


class PublishedEdition(msgspec.Struct, frozen=True):
    """An edition of the record and the act that published it; `earlier` are the keys of those that it is read beside:
    all before it but those that nobody could ever read. `restates` is the number of the edition that it replaced."""

    number: int
    key: EditionKey
    earlier: tuple[EditionKey, ...]
    digest: str
    published_at: datetime
    position: int
    actor: str
    role: Role
    superseded_by: int | None
    withdrawn: Withdrawn | None = None
    restates: int | None = None


def check_of(journal: Journal, period: str, known: int = FOREVER) -> Check:
    """The check of a half-year as the record has it up to a position. Raises NoEdition where there is none."""
    check: Check = history.state(f"check:{period}", _acts(journal, period, known))
    if check.status == "none":
        raise NoEdition("edition.none", "check", period=period)
    return check


def cut_of(check: Check) -> Cut:
    """The cut-off that was fixed last. Raises NoEdition before there is one."""
    if check.period is None or check.valid_cutoff is None or check.position is None:
        raise NoEdition("edition.none", "cutoff", period=check.period)
    return Cut.of(check.period, check.valid_cutoff, check.position, check.indicators)


def editions_of(journal: Journal, period: str) -> list[PublishedEdition]:
    """The editions of a half-year in order; the last one that is not withdrawn is current."""
    rows = _acts(journal, period)
    acts = [row for row in rows if isinstance(row.entry.fact, EditionPublished | EditionRestated)]
    gone = {
        act.edition: Withdrawn(act.reason, row.entry.occurred_at, row.position, act.never_shown)
        for row in rows
        if isinstance(act := row.entry.fact, EditionWithdrawn)
    }

    def earlier_keys(number: int, position: int) -> tuple[EditionKey, ...]:
        """The keys of the editions before it, as they were when it was published."""
        return tuple(
            row.entry.fact.key
            for other, row in enumerate(acts[: number - 1], 1)
            if not ((left := gone.get(other)) and left.never_shown and left.position < position)
        )

    def replaced(number: int, position: int) -> int | None:
        """As `domain.acts.check.Check.restates` was then: the current one, else the last."""
        stood = (it for it in range(number - 1, 0, -1) if not ((left := gone.get(it)) and left.position < position))
        return next(stood, number - 1) or None

    return [
        PublishedEdition(
            number=number,
            key=row.entry.fact.key,
            earlier=earlier_keys(number, row.position),
            digest=row.entry.fact.digest,
            published_at=row.entry.occurred_at,
            position=row.position,
            actor=row.entry.actor,
            role=row.entry.role,
            superseded_by=next((later for later in range(number + 1, len(acts) + 1) if later not in gone), None),
            withdrawn=gone.get(number),
            restates=replaced(number, row.position),
        )
        for number, row in enumerate(acts, 1)
    ]


def earlier_of(journal: Journal, period: str) -> tuple[EditionKey, ...]:
    """The keys of the editions that the next one of a half-year will be compared with."""
    return tuple(it.key for it in editions_of(journal, period) if not (it.withdrawn and it.withdrawn.never_shown))


def find_edition(journal: Journal, period: str, number: int) -> PublishedEdition:
    """Raises NoEdition where the record has no such edition."""
    editions = editions_of(journal, period)
    if not 1 <= number <= len(editions):
        raise NoEdition("edition.none", "number", period=period, number=number, count=len(editions))
    return editions[number - 1]


def parse_edition_name(text: str) -> tuple[str, int] | None:
    """Parses `2025S1/2` into a half-year and a number; None for anything else."""
    period, slash, number = text.partition("/")
    if slash and number.isdecimal() and len(period) == 6 and period[4] == "S":
        return period, int(number)
    return None


def edition_key(opened: Opener, cut: Cut, checkpoint: str | None, earlier: Sequence[EditionKey] = ()) -> EditionKey:
    """The key of an edition of a cut after earlier ones: with it, every version known at its position."""
    with opened(cut.position, None) as reading:
        return EditionKey(
            period=cut.period,
            valid_cutoff=cut.valid_cutoff,
            position=cut.position,
            checkpoint=checkpoint,
            calendars=dict(reading.rows("SELECT calendar, max(version) FROM calendars GROUP BY ALL")),
            slas=dict(reading.rows("SELECT policy, max(version) FROM sla_targets GROUP BY ALL")),
            fx=rate_versions(opened, cut.position),
            schemes={name: scheme.version for name, scheme in SCHEMES.items()},
            indicators=dict(cut.indicators),
            disclosure=IN_FORCE,
            supersedes=earlier[-1].digest if earlier else None,
            assessments=_handed_in(opened, cut),
            sql=shared_sql.formula_digests(indicator_versions(cut)),
        )


def _handed_in(opened: Opener, cut: Cut) -> dict[str, int]:
    """The assessments of a check: made after its cut-off, and final once it is closed."""
    with opened(None, None) as reading:
        rows = reading.rows(
            "SELECT hub, code, version, position FROM assessments WHERE period = ? AND submitted", [cut.period]
        )
    wanted = QUALITATIVE.keys() & cut.indicators
    return {f"{hub}/{code}": position for hub, code, version, position in rows if (code, version) in wanted}


def edition_content(
    journal: Journal, cache: FigureCache, key: EditionKey, earlier: Sequence[EditionKey] = ()
) -> EditionContent:
    """The content of the edition with a key, after those of earlier keys, which it supersedes.

    Raises UnknownVersion for an indicator or a rule of disclosure that is not in the tree.
    """
    tellings = [_publication(it) for it in (*earlier, key)]
    figures = withheld_publication(cache, tellings) if key.disclosure else cache.figures(cut_of_key(key))
    open_ = unproven_indicators(cache, tellings) if key.disclosure else ()
    return EditionContent(key.period, figures, tuple(_adjustments(cache, key)), tuple(_assessed(journal, key)), open_)


def next_edition(
    journal: Journal, cache: FigureCache, cut: Cut, checkpoint: str | None
) -> tuple[EditionKey, EditionContent]:
    """The next edition of a half-year, after the existing ones. Raises UnknownVersion."""
    earlier = earlier_of(journal, cut.period)
    key = edition_key(cache.opened, cut, checkpoint, earlier)
    return key, edition_content(journal, cache, key, earlier)


def cut_of_key(key: EditionKey) -> Cut:
    """What counts in the edition of a key."""
    return Cut.of(key.period, key.valid_cutoff, key.position, key.indicators).at(key.position, key.fx)


def publishable_figures(
    cache: FigureCache, check: Check, there: Sequence[PublishedEdition]
) -> tuple[tuple[Figure, ...], tuple[str, ...]]:
    """The figures of a check at its cut-off as an edition would publish them now, or as it did, and the indicators
    that would still reveal something about few persons."""
    cut = cache.with_fx_versions(cut_of(check))
    visible = [it for it in there if not (it.withdrawn and it.withdrawn.never_shown)]
    earlier = [it.key for it in visible if (it.key.position, it.key.valid_cutoff) != (cut.position, cut.valid_cutoff)]
    tellings = [*map(_publication, earlier), Publication(cut, IN_FORCE)]
    return withheld_publication(cache, tellings), unproven_indicators(cache, tellings)


def _publication(key: EditionKey) -> Publication:
    return Publication(cut_of_key(key), key.disclosure)


def _assessed(journal: Journal, key: EditionKey) -> Iterator[AssessmentReference]:
    for name, position in sorted(key.assessments.items()):
        stored = stored_entry(journal, position)
        hub, _, code = name.rpartition("/")
        yield AssessmentReference(hub, code, assessment(stored).version, position, digest_of(stored))


def stored_entry(journal: Journal, position: int) -> bytes:
    """The stored JSON of an entry that is in the record."""
    stored: bytes = journal.page(position - 1, 1)["entry"][0].as_py()
    return stored


def assessment(stored: bytes) -> AssessmentMade:
    fact = entries.decode(stored).fact
    assert isinstance(fact, AssessmentMade), "a key names assessments and nothing else"
    return fact


def verified_content(journal: Journal, cache: FigureCache, period: str, published: PublishedEdition) -> EditionContent:
    """The content of a published edition: what was kept, or what its key makes if nothing was kept.

    Raises NotAsPublished unless its digest is the one that was published, UnknownVersion.
    """
    if kept := kept_content(journal, published):
        return kept
    content = edition_content(journal, cache, published.key, published.earlier)
    if content.digest != published.digest:
        raise NotAsPublished(
            "edition.not_as_published",
            edition=f"{period}/{published.number}",
            published=published.digest,
            made=content.digest,
        )
    return content


def kept_content(journal: Journal, published: PublishedEdition) -> EditionContent | None:
    """The kept content of an edition; None for nothing, or for what is neither the published content nor what acts of
    redaction left of it.
    """
    kept = journal.entries.kept(published.digest)
    if kept is None:
        return None
    digest = sha256(kept.content)
    if digest != published.digest and digest != left_of(journal.entries, published.digest):
        return None
    return msgspec.json.decode(kept.content, type=EditionContent)


def edition_line(period: str, it: PublishedEdition) -> dict[str, Any]:
    """An edition in a list of them."""
    return {
        "edition": f"{period}/{it.number}",
        "provisional": it.key.provisional,
        "superseded_by": f"{period}/{it.superseded_by}" if it.superseded_by else None,
        "withdrawn": it.withdrawn,
        "restates": f"{period}/{it.restates}" if it.restates else None,
        "valid_cutoff": it.key.valid_cutoff,
        "position": it.key.position,
        "published_at": it.published_at,
        "published_by": it.actor,
        "key_digest": it.key.digest,
        "digest": it.digest,
    }


def checkpoint_digest(checkpoint: Checkpoint) -> str:
    """The checkpoint digest in the key of an edition: SHA-256 of a checkpoint without its signatures."""
    return hashlib.sha256(checkpoint.text.encode()).hexdigest()


def _acts(journal: Journal, period: str, known: int = FOREVER) -> list[Recorded[Any]]:
    return [row for row in journal.stream(f"check:{period}") if row.position <= known]


def _adjustments(cache: FigureCache, key: EditionKey) -> Iterator[Adjustment]:
    """For each earlier half-year with an edition, what moved since that edition, or since an edition of a half-year in
    between that already showed the move. At the cut-off of the earlier one, so that only late entries count.
    """
    with cache.opened(key.position, None) as reading:
        rows = reading.rows(
            "SELECT period, edition, valid_cutoff, cutoff_position, key.indicators, key.fx FROM editions "
            "WHERE period < ? AND NOT withdrawn ORDER BY period, edition",
            [key.period],
        )
    current = {row[0]: row[1:] for row in rows}
    for period, (edition, valid_cutoff, position, versions, fx) in current.items():
        told_at = max([position, *(at for later, (_, _, at, *_) in current.items() if later > period)])
        cut = Cut.of(period, valid_cutoff.replace(tzinfo=UTC), position, versions)
        before, after = (cache.figures(cut.at(it, fx)) for it in (told_at, key.position))
        moved = figure_moves(before, after)
        if moved := without_amounts(moved) if key.disclosure else moved:
            yield Adjustment(period, edition, tuple(moved))
