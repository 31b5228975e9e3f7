"""The status of a half-year check (반기별 점검): what each hub owes, what was found, what was published."""

from __future__ import annotations

import threading
from datetime import date, datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.messages import Invalid
from domain.record import FOREVER
from domain.sampling import METHOD, draw
from domain.visibility import Reader
from journal.store.journal import Journal
from projections.mirror.snapshot import Reading
from projections.plain import json_rows
from replay.as_of import Opener
from replay.editions.editions import NoEdition, check_of, cut_of, editions_of, publishable_figures
from replay.editions.period_figures import FigureCache

LARGEST = 1_000
"""The most entries of a sample: one act holds all of them."""


class Obligation(msgspec.Struct, frozen=True):
    """`owes` is submission, resubmission, attestation, response or action, about the stream `subject`."""

    hub: str
    period: str
    owes: str
    subject: str
    due_on: date | None
    overdue: bool


class HubStatus(msgspec.Struct, frozen=True):
    """`figures_digest` is of the figures as of the cut-off, None before there is one; `review` is what was done."""

    hub: str
    figures_digest: str | None
    review: dict[str, Any]
    owes: tuple[Obligation, ...]


class EditionLine(msgspec.Struct, frozen=True):
    number: int
    digest: str
    key: str
    valid_cutoff: datetime
    position: int
    provisional: bool
    published_at: datetime
    superseded_by: int | None
    withdrawn: bool


class CheckStatus(msgspec.Struct, frozen=True):
    """`carried_over` are findings of earlier checks that are still open; `proposed_by` waits for an approval.

    `withheld` is how many findings the caller may not see.
    """

    period: str
    status: str
    due_on: date | None
    valid_cutoff: datetime | None
    position: int | None
    indicators: dict[str, int]
    materiality: str
    financial: tuple[str, ...]
    session: str | None
    item: str | None
    opinion_ko: str | None
    opinion_en: str | None
    proposed_by: str | None
    approved: bool
    hubs: tuple[HubStatus, ...]
    findings: tuple[dict[str, Any], ...]
    carried_over: tuple[dict[str, Any], ...]
    editions: tuple[EditionLine, ...]
    withheld: int = 0


class Sample(msgspec.Struct, frozen=True):
    """What anybody draws from the same query, position, seed and size."""

    population: str
    position: int
    seed: str
    method: str
    size: int
    of: int
    positions: tuple[int, ...]


def status_as_of(
    journal: Journal, cache: FigureCache, period: str, today: date | None = None, known: int | None = None
) -> CheckStatus:
    """A check as of a position. What is overdue is so `today`, or at the recording of the last entry known.

    Raises NoEdition where there is no such check.
    """
    check = check_of(journal, period, FOREVER if known is None else known)
    with cache.opened(known, None) as reading:
        owed = deadlines(reading, today)
        reviews = {row["stream"]: row for row in json_rows(reading.table("FROM reviews"))}
        findings = json_rows(reading.table("FROM findings WHERE period <= ?", [period], order="stream"))
        tabled = [check.session, check.item]
        opinion = json_rows(reading.table("FROM session_items WHERE session = ? AND item = ?", tabled))
    for finding in findings:
        if today is not None and finding["due_on"]:
            finding["overdue"] = finding["due_on"] < today and finding["status"] in (
                "action_agreed",
                "reported",
                "rejected",
            )
    return CheckStatus(
        period=period,
        status=check.status,
        due_on=check.due_on,
        valid_cutoff=check.valid_cutoff,
        position=check.position,
        indicators=check.indicators,
        materiality=f"{check.materiality:f}",
        financial=check.financial,
        session=check.session,
        item=check.item,
        opinion_ko=opinion[0]["opinion_ko"] if opinion else None,
        opinion_en=opinion[0]["opinion_en"] if opinion else None,
        proposed_by=check.proposed_by,
        approved=check.approved,
        hubs=tuple(
            HubStatus(
                hub,
                None if check.position is None else cache.of_hub(cut_of(check), hub).digest,
                reviews.get(f"review:{period}-{hub}", {"status": "expected"}),
                tuple(it for it in owed if it.hub == hub),
            )
            for hub in check.hubs
        ),
        findings=tuple(it for it in findings if it["period"] == period),
        carried_over=tuple(it for it in findings if it["period"] < period and it["status"] != "closed"),
        editions=tuple(
            EditionLine(
                it.number,
                it.digest,
                it.key.digest,
                it.key.valid_cutoff,
                it.key.position,
                it.key.provisional,
                it.published_at,
                it.superseded_by,
                it.withdrawn is not None,
            )
            for it in editions_of(journal, period)
            if known is None or it.position <= known
        ),
    )


def visible_status(it: CheckStatus, reader: Reader | None) -> CheckStatus:
    """A check as a reader sees it (`domain.visibility.Reader`): no findings of other hubs, and only the progress of
    their reviews."""
    if reader is None:
        return it
    hubs = (_as_read_by(reader, it) for it in it.hubs)
    return replace(visible_findings(it, reader), hubs=tuple(hubs))


def visible_findings(it: CheckStatus, reader: Reader | None) -> CheckStatus:
    """The same with only the findings that a reader may see, and how many are withheld."""
    if reader is None:
        return it
    own, carried = (
        tuple(found for found in some if reader.of(found["hub"])) for some in (it.findings, it.carried_over)
    )
    withheld = len(it.findings) - len(own) + len(it.carried_over) - len(carried)
    return replace(it, findings=own, carried_over=carried, withheld=withheld)


def _as_read_by(reader: Reader, it: HubStatus) -> HubStatus:
    """Of another hub only its progress; of an own one no digest of full figures, unless he may read of persons."""
    if not reader.of(it.hub):
        return _from_outside(it)
    if reader.sees_persons([it.hub]):
        return it
    return replace(it, figures_digest=None, review={**it.review, "figures": None})


def _from_outside(it: HubStatus) -> HubStatus:
    owes = tuple(owed for owed in it.owes if not owed.subject.startswith("finding:"))
    return replace(it, figures_digest=None, review={"hub": it.hub, "status": it.review["status"]}, owes=owes)


def deadlines(reading: Reading, today: date | None = None) -> tuple[Obligation, ...]:
    """What every hub owes in checks, by the day it is due."""
    found = reading.rows(
        "SELECT hub, period, owes, subject, due_on, overdue FROM deadlines WHERE owes <> 'referral' "
        "ORDER BY hub, due_on NULLS LAST, subject"
    )
    owed = (Obligation(*row) for row in found)
    if today is None:
        return tuple(owed)
    return tuple(msgspec.structs.replace(it, overdue=it.due_on is not None and it.due_on < today) for it in owed)


def figures_at_cutoff(
    journal: Journal, cache: FigureCache, period: str, hub: str | None = None, *, whole: bool = True
) -> dict[str, Any]:
    """The figures of a check as of its cut-off with the digests that hubs hand in, or those of one hub.

    Digests are of the figures in full. Unless `whole`, there are none, and the figures are as an edition would publish
    them: with a digest, a reader could confirm a guess at figures of few persons. `unproven`, of all hubs together, are
    the indicators that would still reveal something about few persons in such an edition.
    Raises NoEdition where there is no such check, no cut-off, or the check is not of the hub.
    """
    check = check_of(journal, period)
    cut = cut_of(check)
    found, unproven = cache.figures(cut), tuple[str, ...]()
    if not whole or hub is None:
        would_be, unproven = publishable_figures(cache, check, editions_of(journal, period))
        found = found if whole else would_be
    if hub is not None:
        if hub not in check.hubs:
            raise NoEdition("edition.none", "hub", period=period, hub=hub, hubs=check.hubs)
        own = cache.of_hub(cut, hub)
        shown = tuple(it for it in found if (it.by, it.of) == ("hub", hub))
        return {"digest": own.digest if whole else None} | msgspec.structs.asdict(own) | {"figures": shown}
    return {
        "period": period,
        "valid_cutoff": cut.valid_cutoff,
        "position": cut.position,
        "hubs": {it: cache.of_hub(cut, it).digest if whole else None for it in check.hubs},
        "figures": found,
        "unproven": unproven,
    }


def draw_sample(
    opened: Opener, population: str, position: int, seed: str, size: int, given_up: threading.Event | None = None
) -> Sample:
    """Draws `size` (or all) of the positions that a query gives as of a position; everybody draws the same.

    Raises ValueError for what is no query of positions, or too large a sample; TooMuch for what takes too long.
    """
    if not 0 <= size <= LARGEST:
        raise Invalid("question.sample_size", most=LARGEST, size=size)
    with opened(position, None) as reading:
        found = reading.select(population, given_up)
    if found.column_names.count("position") != 1:
        raise Invalid("question.sample_column", columns=found.column_names)
    positions = found["position"].to_pylist()
    if not all(isinstance(it, int) for it in positions):
        raise Invalid("question.sample_whole")
    drawn = draw(positions, seed, size)
    return Sample(population, position, seed, METHOD, len(drawn), len(set(positions)), drawn)
