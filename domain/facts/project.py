"""Joint project (국제공동연구): from proposal to completion, with partners, money, results. Facts of the world."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, Literal, TypeAlias, assert_never

import msgspec
from msgspec.structs import replace

from domain.facts.project_work import (
    Evaluation,
    Funding,
    FundingCommitted,
    FundingDisbursed,
    FundingSpent,
    MilestoneReached,
    OutputRejected,
    OutputReported,
    OutputVerified,
    ProjectEvaluated,
    Report,
    ReportFiled,
    Result,
    Standing,
    TrlAssessed,
)
from domain.messages import Invalid
from domain.record import Entry, Fact
from domain.stages import furthest
from domain.values import Code, Country, Field, Money, Pseudonym, Text, check_country, check_exact, check_order

__all__ = [
    "FundingCommitted",
    "FundingDisbursed",
    "FundingSpent",
    "MilestoneReached",
    "OutputRejected",
    "OutputReported",
    "OutputVerified",
    "ProjectEvaluated",
    "ReportFiled",
    "TrlAssessed",
    "evolve",
    "initial",
]
"""The facts of `project_work` have this address too; a kind passes on its fold."""

SecurityClass: TypeAlias = Literal["GENERAL", "SENSITIVE", "SECURED"]
PartnerRole: TypeAlias = Literal["LEAD", "JOINT", "ENTRUSTED", "THIRD_PARTY", "ASSOCIATED"]
ExportControl: TypeAlias = Literal["NOT_CONTROLLED", "PERMITTED", "REFUSED"]


class ProjectProposed(Fact, frozen=True, tag="project.proposed"):
    """`fields` are technology fields, the main one first; `partners` are partner ids."""

    title_ko: Text | None = None
    title_en: Text | None = None
    fields: tuple[Field, ...] = ()
    partners: tuple[Code, ...] = ()

    def __post_init__(self) -> None:
        if self.title_ko is None and self.title_en is None:
            raise Invalid("value.title")


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
                raise Invalid("value.share_positive")
        if (total := sum(self.shares.values())) != 1:
            raise Invalid("value.shares", total=total, difference=f"{1 - total:f}")


class ProjectLaunched(Fact, frozen=True, tag="project.launched"):
    """Research began (착수)."""

    effective_on: ClassVar[str | None] = "on"

    on: date


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
    """Work on the project rests for a time (중단)."""

    reason: Text


class ProjectResumed(Fact, frozen=True, tag="project.resumed"):
    """Work on a suspended project goes on (재개)."""


class ProjectCompleted(Fact, frozen=True, tag="project.completed"):
    """Research ended as agreed (완료)."""

    effective_on: ClassVar[str | None] = "on"

    on: date | None = None


class ProjectTerminated(Fact, frozen=True, tag="project.terminated"):
    """The agreement was ended before its time (협약 해약)."""

    reason: Text


class ProjectWithdrawn(Fact, frozen=True, tag="project.withdrawn"):
    """Whoever proposed the project took it back (철회)."""

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
"""The stage of each status: a later fact of an earlier stage takes nothing back."""


class Participant(msgspec.Struct, frozen=True):
    """An institution that takes part, as told last."""

    role: PartnerRole
    country: str | None = None
    contribution: Money | None = None


class Project(msgspec.Struct, frozen=True):
    """The state of a project, folded from its facts.

        proposed > classified > agreed > launched <-> suspended > completed | terminated
        proposed > withdrawn

    A fact of an earlier stage that happened later takes nothing back: an agreement that is dated after the launch
    leaves the project launched. Of what carries it out and what ends it the last holds, as figures count it.

    `work` is the status without regard to the class; `partners` maps each partner to its country, `outputs` each
    output to where it stands; `shares` is empty while the owning hub takes all credit. `participants` and `results`
    say the rest of both. `funding` and `reports` are in the order in which they happened, like `evaluations`;
    `milestones` says when each was reached first. `reason` is why it is suspended, terminated or withdrawn.
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
    outputs: dict[str, Standing] = {}
    follow_ons: frozenset[str] = frozenset()
    fields: tuple[str, ...] = ()
    proposed_partners: tuple[str, ...] = ()
    class_basis: str | None = None
    class_by: str | None = None
    export_ref: str | None = None
    stages: tuple[date, ...] = ()
    ntis_no: str | None = None
    amendments: tuple[str, ...] = ()
    trl_by: str | None = None
    milestones: dict[str, datetime] = {}
    evaluations: tuple[Evaluation, ...] = ()
    completed_on: date | None = None
    reason: str | None = None
    participants: dict[str, Participant] = {}
    funding: tuple[Funding, ...] = ()
    reports: tuple[Report, ...] = ()
    results: dict[str, Result] = {}

    @property
    def status(self) -> Status:
        return "classified" if self.work in ("none", "proposed") and self.security_class else self.work


initial = Project()


def evolve(project: Project, entry: Entry[ProjectFact]) -> Project:
    then = _apply(project, entry)
    return replace(then, work=furthest(STAGES, project.work, then.work))


def _apply(project: Project, entry: Entry[ProjectFact]) -> Project:
    """Applies a fact, whatever happened before it."""
    at = entry.occurred_at
    match entry.fact:
        case ProjectProposed() as it:
            return replace(
                project,
                work="proposed",
                title_ko=it.title_ko,
                title_en=it.title_en,
                field=it.fields[0] if it.fields else None,
                fields=it.fields,
                proposed_partners=it.partners,
                proposed_at=project.proposed_at or at,
            )
        case ProjectPartnerJoined(partner=partner, role=role, country=where, contribution=contribution):
            joined = project.participants | {partner: Participant(role, where, contribution)}
            return replace(project, partners=project.partners | {partner: where}, participants=joined)
        case SecurityClassAssigned(security_class=security_class, basis=basis, by=by):
            return replace(project, security_class=security_class, class_basis=basis, class_by=by)
        case AgreementSigned(starts_on=start, ends_on=end, stages=stages, ntis_no=ntis_no):
            return replace(
                project,
                work="agreed",
                agreed_at=project.agreed_at or at,
                starts_on=start,
                ends_on=end,
                stages=stages,
                ntis_no=ntis_no,
            )
        case ProjectAmended(starts_on=start, ends_on=end, ref=ref):
            amended = replace(project, starts_on=start or project.starts_on, ends_on=end or project.ends_on)
            return replace(amended, amendments=(*project.amendments, ref)) if ref else amended
        case CreditShared(shares=shares):
            return replace(project, shares=shares)
        case ProjectLaunched(on=on):
            return replace(project, work="launched", launched_on=on, reason=None)
        case TrlAssessed(level=level, assessor_role=role):
            return replace(project, trl=level, trl_by=role)
        case ProjectSuspended(reason=reason):
            return replace(project, work="suspended", reason=reason)
        case ProjectResumed():
            return replace(project, work="launched", reason=None)
        case ProjectCompleted(on=on):
            return replace(project, work="completed", completed_on=on, reason=None)
        case ProjectTerminated(reason=reason):
            return replace(project, work="terminated", reason=reason)
        case ProjectWithdrawn(reason=reason):
            return replace(project, work="withdrawn", reason=reason)
        case ExportControlDetermined(result=result, ref=ref):
            return replace(project, export_control=result, export_ref=ref)
        case OutputReported(output=output) as said:
            what = Result(said.kind, said.pid, said.pid_scheme, said.countries, _result(project, output).method)
            return _judged(project, output, "reported", what)
        case OutputVerified(output=output, method=method):
            return _judged(project, output, "verified", replace(_result(project, output), method=method))
        case OutputRejected(output=output, method=method):
            return _judged(project, output, "rejected", replace(_result(project, output), method=method))
        case FollowOnLinked(project=following):
            return replace(project, follow_ons=project.follow_ons | {following})
        case FundingCommitted(money=money, funder=funder, period=period):
            return _funded(project, Funding("committed", funder, money, at, period))
        case FundingDisbursed(money=money, funder=funder):
            return _funded(project, Funding("disbursed", funder, money, at))
        case FundingSpent(money=money, funder=funder):
            return _funded(project, Funding("spent", funder, money, at))
        case MilestoneReached(milestone=milestone):
            return replace(project, milestones={milestone: at} | project.milestones)
        case ReportFiled(kind=kind, due_on=due_on, covers=covers):
            return replace(project, reports=(*project.reports, Report(kind, due_on, at, covers)))
        case ProjectEvaluated(kind=kind, grade=grade):
            return replace(project, evaluations=(*project.evaluations, Evaluation(kind, grade, at)))
        case unknown:
            assert_never(unknown)


def _funded(project: Project, funding: Funding) -> Project:
    return replace(project, funding=(*project.funding, funding))


def _result(project: Project, output: str) -> Result:
    return project.results.get(output, Result())


def _judged(project: Project, output: str, standing: Standing, result: Result) -> Project:
    return replace(project, outputs=project.outputs | {output: standing}, results=project.results | {output: result})
