"""Exchange (인력교류): one stay of one person, from nomination to recognised outcome. Facts of the world.

Dates are those of the place (`on`), as the hub states them; the moment is the entry's `occurred_at`.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal, TypeAlias, assert_never

import msgspec
from msgspec.structs import replace

from domain.record import Entry, Fact
from domain.stages import furthest
from domain.values import Code, Country, Field, Pseudonym, Text, check_country, check_order

Direction: TypeAlias = Literal["INBOUND", "OUTBOUND"]


class ExchangeNominated(Fact, frozen=True, tag="exchange.nominated"):
    """A stay is asked for. INBOUND is an invitation to Korea (초청), OUTBOUND a dispatch (파견)."""

    direction: Direction
    person: Pseudonym | None = None
    from_org: Code | None = None
    to_org: Code | None = None
    country: Country | None = None
    field: Field | None = None
    project: Code | None = None
    purpose: Text | None = None
    planned_from: date | None = None
    planned_until: date | None = None

    def __post_init__(self) -> None:
        check_country(self.country)
        check_order(self.planned_from, self.planned_until, "the planned stay")


class ExchangeAccepted(Fact, frozen=True, tag="exchange.accepted"):
    """Whoever has to agree to the stay agreed."""

    by: Code | None = None


class ExchangeDeclined(Fact, frozen=True, tag="exchange.declined"):
    """Whoever has to agree to the stay did not (거절)."""

    reason: Text | None = None


class ExchangeDeparted(Fact, frozen=True, tag="exchange.departed"):
    """The journey to the place of the stay began (출국)."""

    effective_on: ClassVar[str | None] = "on"

    on: date


class ExchangeArrived(Fact, frozen=True, tag="exchange.arrived"):
    """The stay began."""

    effective_on: ClassVar[str | None] = "on"

    on: date
    approval_ref: Code | None = None


class ExchangeExtended(Fact, frozen=True, tag="exchange.extended"):
    """The stay is to last longer; `until` is its new last day (연장)."""

    until: date


class ExchangeCurtailed(Fact, frozen=True, tag="exchange.curtailed"):
    """The stay is to end earlier; `until` is its new last day (단축)."""

    until: date


class ExchangeReturned(Fact, frozen=True, tag="exchange.returned"):
    """The stay ended; `on` still counts as a day of it."""

    effective_on: ClassVar[str | None] = "on"

    on: date


class OutcomeRecognised(Fact, frozen=True, tag="exchange.outcome_recognised"):
    """What the stay brought was accepted as such, or its account was settled."""

    outcome: Code


class ExchangeOutputLinked(Fact, frozen=True, tag="exchange.output_linked"):
    """A project's output came of the stay (공동성과); told whenever it appears, also long after the recognition."""

    project: Code
    output: Code


class ExchangeCancelled(Fact, frozen=True, tag="exchange.cancelled"):
    """The stay does not take place (취소)."""

    reason: Text | None = None


ExchangeFact: TypeAlias = (
    ExchangeNominated
    | ExchangeAccepted
    | ExchangeDeclined
    | ExchangeDeparted
    | ExchangeArrived
    | ExchangeExtended
    | ExchangeCurtailed
    | ExchangeReturned
    | OutcomeRecognised
    | ExchangeOutputLinked
    | ExchangeCancelled
)
Status: TypeAlias = Literal[
    "none", "nominated", "accepted", "declined", "departed", "arrived", "returned", "recognised", "cancelled"
]


STAGES: dict[Status, int] = {
    "none": 0,
    "nominated": 1,
    **dict.fromkeys(("accepted", "declined"), 2),
    **dict.fromkeys(("departed", "cancelled"), 3),
    "arrived": 4,
    "returned": 5,
    "recognised": 6,
}
"""The stage of each status: a later fact of an earlier stage takes nothing back."""


class Exchange(msgspec.Struct, frozen=True):
    """The state of an exchange, folded from its facts.

        nominated > accepted > departed > arrived > returned > recognised
        nominated > declined ; any before arrival > cancelled ; arrived > extended | curtailed > returned

    A fact of an earlier stage that happened later takes nothing back: an acceptance that is dated after the departure
    leaves whoever departed departed. Who travels after all, cancelled or not, is under way.

    `outputs` are `PROJECT/OUTPUT`. `reason` is why it was declined or cancelled last.
    """

    status: Status = "none"
    direction: Direction | None = None
    person: str | None = None
    country: str | None = None
    project: str | None = None
    departed_on: date | None = None
    arrived_on: date | None = None
    until: date | None = None
    returned_on: date | None = None
    accepted: bool = False
    recognised: bool = False
    outputs: frozenset[str] = frozenset()
    from_org: str | None = None
    to_org: str | None = None
    field: str | None = None
    purpose: str | None = None
    planned_from: date | None = None
    accepted_by: str | None = None
    approval_ref: str | None = None
    outcome: str | None = None
    reason: str | None = None


initial = Exchange()


def evolve(exchange: Exchange, entry: Entry[ExchangeFact]) -> Exchange:
    then = _apply(exchange, entry)
    return replace(then, status=furthest(STAGES, exchange.status, then.status))


def _apply(exchange: Exchange, entry: Entry[ExchangeFact]) -> Exchange:
    """Applies a fact, whatever happened before it."""
    match entry.fact:
        case ExchangeNominated() as it:
            return replace(
                exchange,
                status="nominated",
                direction=it.direction,
                person=it.person,
                country=it.country,
                project=it.project,
                until=it.planned_until,
                from_org=it.from_org,
                to_org=it.to_org,
                field=it.field,
                purpose=it.purpose,
                planned_from=it.planned_from,
            )
        case ExchangeAccepted(by=by):
            return replace(exchange, status="accepted", accepted=True, accepted_by=by)
        case ExchangeDeclined(reason=reason):
            return replace(exchange, status="declined", reason=reason)
        case ExchangeDeparted(on=on):
            return replace(exchange, status="departed", departed_on=on)
        case ExchangeArrived(on=on, approval_ref=approval_ref):
            return replace(exchange, status="arrived", arrived_on=on, approval_ref=approval_ref)
        case ExchangeExtended(until=until) | ExchangeCurtailed(until=until):
            return replace(exchange, until=until)
        case ExchangeReturned(on=on):
            return replace(exchange, status="returned", returned_on=on)
        case OutcomeRecognised(outcome=outcome):
            return replace(exchange, status="recognised", recognised=True, outcome=outcome)
        case ExchangeOutputLinked(project=project, output=output):
            return replace(exchange, outputs=exchange.outputs | {f"{project}/{output}"})
        case ExchangeCancelled(reason=reason):
            return replace(exchange, status="cancelled", reason=reason)
        case unknown:
            assert_never(unknown)
