"""Joint project (국제공동연구): from proposal to completion, with partners, money, results. Facts of the world."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, Literal, TypeAlias, assert_never

import msgspec
from msgspec.structs import replace

from domain.record import Entry, Fact
from domain.stages import furthest
from domain.values import Code, Country, Field, Money, Period, Pseudonym, Text, check_country, check_exact, check_order
from domain.vocabulary import identifiers

SecurityClass: TypeAlias = Literal["GENERAL", "SENSITIVE", "SECURED"]
PartnerRole: TypeAlias = Literal["LEAD", "JOINT", "ENTRUSTED", "THIRD_PARTY", "ASSOCIATED"]
FundingSource: TypeAlias = Literal["KR", "PARTNER"]
ExportControl: TypeAlias = Literal["NOT_CONTROLLED", "PERMITTED", "REFUSED"]


class ProjectProposed(Fact, frozen=True, tag="project.proposed"):
    """`fields` are technology fields, the main one first; `partners` are partner ids."""

    title_ko: Text | None = None
    title_en: Text | None = None
    fields: tuple[Field, ...] = ()
    partners: tuple[Code, ...] = ()

    def __post_init__(self) -> None:
        if self.title_ko is None and self.title_en is None:
            raise ValueError("a proposal has a title, title_ko or title_en")


class ProjectPartnerJoined(Fact, frozen=True, tag="project.partner_joined"):
    """An institution takes part (주관·공동·위탁연구개발기관; Innovation Act decree 2)."""

    partner: Code
    role: PartnerRole
    country: Country | None = None
    contribution: Money | None = None

    def __post_init__(self) -> None:
        check_country(self.country)


class SecurityClassAssigned(Fact, frozen=True, tag="project.security_class_assigned"):
    """일반·민감·보안과제; a project must have a class before it is launched."""

    security_class: SecurityClass
    basis: Text
    by: Pseudonym | None = None


class ExportControlDetermined(Fact, frozen=True, tag="project.export_control_determined"):
    """Whether the technology may leave the country (decree 45(3))."""

    result: ExportControl
    ref: Code


class AgreementSigned(Fact, frozen=True, tag="project.agreement_signed"):
    """협약 (Innovation Act 11): the term, both days included, and the first days of its stages."""

    starts_on: date | None = None
    ends_on: date | None = None
    stages: tuple[date, ...] = ()
    ntis_no: Code | None = None

    def __post_init__(self) -> None:
        check_order(self.starts_on, self.ends_on, "the term")


class CreditShared(Fact, frozen=True, tag="project.credit_shared"):
    """How much of the project counts for each hub; the shares sum to exactly 1."""

    shares: dict[str, Decimal]

    def __post_init__(self) -> None:
        for hub, share in self.shares.items():
            check_exact(share, f"the share of {hub}")
            if share <= 0:
                raise ValueError("each share is more than 0")
        if (total := sum(self.shares.values())) != 1:
            raise ValueError(f"shares sum to exactly 1, not {total}; the difference is {1 - total:f}")


class ProjectLaunched(Fact, frozen=True, tag="project.launched"):
    """Research began (착수)."""

    effective_on: ClassVar[str | None] = "on"

    on: date


class FundingCommitted(Fact, frozen=True, tag="project.funding_committed"):
    """Money promised by a Korean source or a partner; `period` is the half-year it is for, if not its own."""

    money: Money
    funder: FundingSource
    period: Period | None = None


class FundingDisbursed(Fact, frozen=True, tag="project.funding_disbursed"):
    money: Money
    funder: FundingSource


class FundingSpent(Fact, frozen=True, tag="project.funding_spent"):
    money: Money
    funder: FundingSource


class MilestoneReached(Fact, frozen=True, tag="project.milestone_reached"):
    milestone: Code


class ReportFiled(Fact, frozen=True, tag="project.report_filed"):
    """연차·단계·최종보고서; `covers` is the research year or stage it is about. `due_on` is the day it was due."""

    kind: Literal["ANNUAL", "STAGE", "FINAL"]
    due_on: date
    covers: Code | None = None


class ProjectEvaluated(Fact, frozen=True, tag="project.evaluated"):
    """단계·최종·특별평가 (Innovation Act 12, 15)."""

    kind: Literal["STAGE", "FINAL", "SPECIAL"]
    grade: Code


class TrlAssessed(Fact, frozen=True, tag="project.trl_assessed"):
    """Technology readiness, 1 (principle observed) to 9 (proven in operation)."""

    level: int
    assessor_role: Code

    def __post_init__(self) -> None:
        if not 1 <= self.level <= 9:
            raise ValueError("level is 1 to 9")


class OutputReported(Fact, frozen=True, tag="project.output_reported"):
    """A result; `pid` is its persistent identifier (DOI, patent family), by which it counts once over all projects."""

    output: Code
    kind: Literal["PAPER", "PATENT", "DATASET", "SOFTWARE", "STANDARD", "OTHER"]
    pid: Code | None = None
    countries: tuple[Country, ...] = ()
    pid_scheme: Literal["DOI", "PATENT_FAMILY", "OTHER"] | None = None

    def __post_init__(self) -> None:
        for code in self.countries:
            check_country(code)
        if self.pid_scheme is not None and self.pid is None:
            raise ValueError("pid_scheme says what pid is; there is no pid")
        if self.pid_scheme == "DOI" and self.pid is not None:
            identifiers.doi(self.pid)


class OutputVerified(Fact, frozen=True, tag="project.output_verified"):
    output: Code
    method: Code


class OutputRejected(Fact, frozen=True, tag="project.output_rejected"):
    output: Code
    method: Code


class FollowOnLinked(Fact, frozen=True, tag="project.follow_on_linked"):
    """Another project goes on where this one ended (후속연계)."""

    project: Code


class ProjectAmended(Fact, frozen=True, tag="project.amended"):
    """The agreement was changed; what is absent stays as it was."""

    starts_on: date | None = None
    ends_on: date | None = None
    ref: Code | None = None

    def __post_init__(self) -> None:
        check_order(self.starts_on, self.ends_on, "the term")


class ProjectSuspended(Fact, frozen=True, tag="project.suspended"):
    reason: Text


class ProjectResumed(Fact, frozen=True, tag="project.resumed"):
    pass


class ProjectCompleted(Fact, frozen=True, tag="project.completed"):
    """Research ended as agreed (완료)."""

    effective_on: ClassVar[str | None] = "on"

    on: date | None = None


class ProjectTerminated(Fact, frozen=True, tag="project.terminated"):
    reason: Text


class ProjectWithdrawn(Fact, frozen=True, tag="project.withdrawn"):
    reason: Text | None = None


ProjectFact: TypeAlias = (
    ProjectProposed
    | ProjectPartnerJoined
    | SecurityClassAssigned
    | ExportControlDetermined
    | AgreementSigned
    | CreditShared
    | ProjectLaunched
    | FundingCommitted
    | FundingDisbursed
    | FundingSpent
    | MilestoneReached
    | ReportFiled
    | ProjectEvaluated
    | TrlAssessed
    | OutputReported
    | OutputVerified
    | OutputRejected
    | FollowOnLinked
    | ProjectAmended
    | ProjectSuspended
    | ProjectResumed
    | ProjectCompleted
    | ProjectTerminated
    | ProjectWithdrawn
)
Status: TypeAlias = Literal[
    "none",
    "proposed",
    "classified",
    "agreed",
    "launched",
    "suspended",
    "completed",
    "terminated",
    "withdrawn",
]


STAGES: dict[Status, int] = {
    "none": 0,
    "proposed": 1,
    "agreed": 2,
    **dict.fromkeys(("launched", "suspended", "completed", "terminated", "withdrawn"), 3),
}
"""The stage of each status: what happens later than a later stage takes nothing back."""


class Project(msgspec.Struct, frozen=True):
    """Where it stands.

        proposed > classified > agreed > launched <-> suspended > completed | terminated
        proposed > withdrawn

    A fact of an earlier stage that happened later takes nothing back: an agreement that is dated after the launch
    leaves the project launched. Of what carries it out and what ends it the last holds, as figures count it.

    `work` is the status without regard to the class; `partners` maps each partner to its country, `outputs` each
    output to where it stands; `shares` is empty while the owning hub takes all credit.
    """

    work: Status = "none"
    title_ko: str | None = None
    title_en: str | None = None
    field: str | None = None
    security_class: SecurityClass | None = None
    export_control: ExportControl | None = None
    proposed_at: datetime | None = None
    agreed_at: datetime | None = None
    launched_on: date | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    partners: dict[str, str | None] = {}
    shares: dict[str, Decimal] = {}
    trl: int | None = None
    outputs: dict[str, Literal["reported", "verified", "rejected"]] = {}
    follow_ons: frozenset[str] = frozenset()

    @property
    def status(self) -> Status:
        return "classified" if self.work in ("none", "proposed") and self.security_class else self.work


initial = Project()


def evolve(project: Project, entry: Entry[ProjectFact]) -> Project:
    then = _told(project, entry)
    return replace(then, work=furthest(STAGES, project.work, then.work))


def _told(project: Project, entry: Entry[ProjectFact]) -> Project:
    """With what the fact says, whatever happened before it."""
    at = entry.occurred_at
    match entry.fact:
        case ProjectProposed() as it:
            return replace(
                project,
                work="proposed",
                title_ko=it.title_ko,
                title_en=it.title_en,
                field=it.fields[0] if it.fields else None,
                proposed_at=project.proposed_at or at,
            )
        case ProjectPartnerJoined(partner=partner, country=where):
            return replace(project, partners=project.partners | {partner: where})
        case SecurityClassAssigned(security_class=security_class):
            return replace(project, security_class=security_class)
        case AgreementSigned(starts_on=start, ends_on=end):
            agreed_at = project.agreed_at or at
            return replace(project, work="agreed", agreed_at=agreed_at, starts_on=start, ends_on=end)
        case ProjectAmended(starts_on=start, ends_on=end):
            return replace(project, starts_on=start or project.starts_on, ends_on=end or project.ends_on)
        case CreditShared(shares=shares):
            return replace(project, shares=shares)
        case ProjectLaunched(on=on):
            return replace(project, work="launched", launched_on=on)
        case TrlAssessed(level=level):
            return replace(project, trl=level)
        case ProjectSuspended():
            return replace(project, work="suspended")
        case ProjectResumed():
            return replace(project, work="launched")
        case ProjectCompleted():
            return replace(project, work="completed")
        case ProjectTerminated():
            return replace(project, work="terminated")
        case ProjectWithdrawn():
            return replace(project, work="withdrawn")
        case ExportControlDetermined(result=result):
            return replace(project, export_control=result)
        case OutputReported(output=output):
            return replace(project, outputs=project.outputs | {output: "reported"})
        case OutputVerified(output=output):
            return replace(project, outputs=project.outputs | {output: "verified"})
        case OutputRejected(output=output):
            return replace(project, outputs=project.outputs | {output: "rejected"})
        case FollowOnLinked(project=following):
            return replace(project, follow_ons=project.follow_ons | {following})
        case (
            FundingCommitted()
            | FundingDisbursed()
            | FundingSpent()
            | MilestoneReached()
            | ReportFiled()
            | ProjectEvaluated()
        ):
            return project
        case unknown:
            assert_never(unknown)
