"""Overseas centre (해외센터): a trade office, an innovation centre, an outpost of an institute, a hub.

Facts of the world. A centre that is also a hub has the hub's code as its key, and the hub itself may report on it; the
secretariat reports on any other. Two centres are linked (연계) when one says so, and confirmed when the other does too:
each says it on its own stream. The view `links` combines the two.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal, TypeAlias, assert_never

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from domain.messages import Invalid
from domain.record import Entry, Fact
from domain.values import Code, Country, Text, check_country

CentreKind: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200, extra={"vocabulary": "centre kind"})]
LinkKind: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200, extra={"vocabulary": "link kind"})]
ActivityKind: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200, extra={"vocabulary": "activity kind"})]
Subject: TypeAlias = Annotated[str, Meta(pattern=r"^(case|project):[A-Za-z0-9][A-Za-z0-9._~-]{0,127}$")]
"""The stream of a case or a project."""


class CentreRegistered(Fact, frozen=True, tag="centre.registered"):
    """A centre stands in the register (해외센터 등록), with who runs it.

    Said again, it replaces what was said, and opens a centre that was closed.
    """

    name_ko: Text
    kind: CentreKind
    operator: Code
    country: Country
    city: Code
    name_en: Text | None = None
    opened_on: date | None = None

    def __post_init__(self) -> None:
        check_country(self.country)


class CentreRenamed(Fact, frozen=True, tag="centre.renamed"):
    """The centre is called otherwise from a day on (명칭 변경)."""

    effective_on: ClassVar[str | None] = "on"
    decided: ClassVar[bool] = True

    name_ko: Text
    on: date
    name_en: Text | None = None


class CentreClosed(Fact, frozen=True, tag="centre.closed"):
    """The centre is no more from a day on (폐쇄)."""

    effective_on: ClassVar[str | None] = "on"
    decided: ClassVar[bool] = True

    on: date
    reason: Text


class CentreLinked(Fact, frozen=True, tag="centre.linked"):
    """From a day on it works with another centre (해외센터 연계), in which way and on what."""

    effective_on: ClassVar[str | None] = "on"
    decided: ClassVar[bool] = True

    other: Code
    kind: LinkKind
    scope: Text
    on: date


class CentreLinkConfirmed(Fact, frozen=True, tag="centre.link_confirmed"):
    """It says the same of a link that another centre told of (연계 확인). Without `kind`, of every link with it."""

    effective_on: ClassVar[str | None] = "on"
    decided: ClassVar[bool] = True

    other: Code
    on: date
    kind: LinkKind | None = None


class CentreLinkDeclined(Fact, frozen=True, tag="centre.link_declined"):
    """It knows of no link that another centre told of (연계 부인). Without `kind`, of every link with it."""

    effective_on: ClassVar[str | None] = "on"
    decided: ClassVar[bool] = True

    other: Code
    on: date
    reason: Text
    kind: LinkKind | None = None


class CentreUnlinked(Fact, frozen=True, tag="centre.unlinked"):
    """From a day on it works no longer with another centre (연계 종료), whichever of the two had said that it does.
    Without `kind`, every link with it ends."""

    effective_on: ClassVar[str | None] = "on"
    decided: ClassVar[bool] = True

    other: Code
    on: date
    reason: Text
    kind: LinkKind | None = None


class CentreActivityHeld(Fact, frozen=True, tag="centre.activity_held"):
    """What it did together with other centres on a day (공동 활동). Centres that tell of the same name it alike, for
    the same day; what they do another time has a name of its own. Capital and small letters make no difference."""

    effective_on: ClassVar[str | None] = "on"

    activity: Code
    kind: ActivityKind
    title: Text
    on: date
    others: Annotated[tuple[Code, ...], Meta(min_length=1, max_length=64)]


class CentreActivityDeclined(Fact, frozen=True, tag="centre.activity_declined"):
    """It took no part in an activity of which another centre told that it did (공동 활동 부인)."""

    effective_on: ClassVar[str | None] = "on"
    decided: ClassVar[bool] = True

    other: Code
    activity: Code
    on: date
    reason: Text


class CentreAnswered(Fact, frozen=True, tag="centre.answered"):
    """It accepts or declines what concerns it: a share in a project (실적배분), or a case referred to it (이관). It
    declines for the day of what it answers, as it denies; who takes that back corrects or voids it."""

    effective_on: ClassVar[str | None] = "on"
    decided: ClassVar[bool] = True

    subject: Subject
    accepts: bool
    on: date
    reason: Text | None = None

    def __post_init__(self) -> None:
        if not self.accepts and self.reason is None:
            raise Invalid("value.declined")


CentreFact: TypeAlias = (
    CentreRegistered
    | CentreRenamed
    | CentreClosed
    | CentreLinked
    | CentreLinkConfirmed
    | CentreLinkDeclined
    | CentreUnlinked
    | CentreActivityHeld
    | CentreActivityDeclined
    | CentreAnswered
)
Status: TypeAlias = Literal["none", "registered", "closed"]


class SaidOfLink(msgspec.Struct, frozen=True):
    """What a centre said last of its links with another, from a day on. Without `kind`, of every link with it."""

    other: str
    said: Literal["linked", "confirmed", "declined", "ended"]
    on: date
    kind: str | None = None
    scope: str | None = None
    reason: str | None = None


class Centre(msgspec.Struct, frozen=True):
    """The state of a centre, folded from its facts.

        none > registered <-> closed

    `links` is what it said itself, in the order of the days; whether a link holds stands in the view `links`, for the
    other side says half of it. `activities` and `answers` are the last it told, by activity and by subject; `denials`
    are of activities of which others told.
    """

    status: Status = "none"
    name_ko: str | None = None
    name_en: str | None = None
    kind: str | None = None
    operator: str | None = None
    country: str | None = None
    city: str | None = None
    opened_on: date | None = None
    renamed_on: date | None = None
    closed_on: date | None = None
    closed_for: str | None = None
    links: tuple[SaidOfLink, ...] = ()
    activities: dict[str, CentreActivityHeld] = {}
    answers: dict[str, CentreAnswered] = {}
    denials: tuple[CentreActivityDeclined, ...] = ()


initial = Centre()


def evolve(centre: Centre, entry: Entry[CentreFact]) -> Centre:
    match entry.fact:
        case CentreRegistered() as it:
            return replace(
                centre,
                status="registered",
                name_ko=it.name_ko,
                name_en=it.name_en,
                kind=it.kind,
                operator=it.operator,
                country=it.country,
                city=it.city,
                opened_on=it.opened_on,
                renamed_on=None,
                closed_on=None,
                closed_for=None,
            )
        case CentreRenamed(name_ko=name_ko, name_en=name_en, on=on):
            return replace(centre, name_ko=name_ko, name_en=name_en, renamed_on=on)
        case CentreClosed(on=on, reason=reason):
            return replace(centre, status="closed", closed_on=on, closed_for=reason)
        case CentreLinked(other=other, kind=kind, scope=scope, on=on):
            return _apply(centre, SaidOfLink(other, "linked", on, kind, scope=scope))
        case CentreLinkConfirmed(other=other, kind=kind, on=on):
            return _apply(centre, SaidOfLink(other, "confirmed", on, kind))
        case CentreLinkDeclined(other=other, kind=kind, on=on, reason=reason):
            return _apply(centre, SaidOfLink(other, "declined", on, kind, reason=reason))
        case CentreUnlinked(other=other, kind=kind, on=on, reason=reason):
            return _apply(centre, SaidOfLink(other, "ended", on, kind, reason=reason))
        case CentreActivityHeld(activity=activity) as held:
            others = {key: it for key, it in centre.activities.items() if key.lower() != activity.lower()}
            return replace(centre, activities=others | {activity: held})
        case CentreActivityDeclined(other=other, activity=activity) as declined:
            same = (other, activity.lower())
            before = tuple(it for it in centre.denials if (it.other, it.activity.lower()) != same)
            return replace(centre, denials=(*before, declined))
        case CentreAnswered(subject=subject) as answered:
            return replace(centre, answers=centre.answers | {subject: answered})
        case unknown:
            assert_never(unknown)


def _apply(centre: Centre, link: SaidOfLink) -> Centre:
    before = tuple(it for it in centre.links if (it.other, it.kind) != (link.other, link.kind))
    return replace(centre, links=(*before, link))
