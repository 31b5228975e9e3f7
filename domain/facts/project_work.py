"""What is done in a joint project, and what its state keeps of it: money, reports, grades, readiness, outputs.

Facts of the world; `domain.facts.project` folds them.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, TypeAlias

import msgspec

from domain.messages import Invalid
from domain.record import Fact
from domain.values import Code, Country, Money, Period, check_country
from domain.vocabulary import identifiers

FundingSource: TypeAlias = Literal["KR", "PARTNER"]
Standing: TypeAlias = Literal["reported", "verified", "rejected"]


class FundingCommitted(Fact, frozen=True, tag="project.funding_committed"):
    """Money promised by a Korean source or a partner; `period` is the half-year it is for, if not its own."""

    money: Money
    funder: FundingSource
    period: Period | None = None


class FundingDisbursed(Fact, frozen=True, tag="project.funding_disbursed"):
    """Money of a source was paid out to the institutions of the project (지급)."""

    money: Money
    funder: FundingSource


class FundingSpent(Fact, frozen=True, tag="project.funding_spent"):
    """The project spent money of a source (집행)."""

    money: Money
    funder: FundingSource


class MilestoneReached(Fact, frozen=True, tag="project.milestone_reached"):
    """An intermediate goal of the plan was reached (중간목표 달성); told again, the first time counts."""

    milestone: Code


class ReportFiled(Fact, frozen=True, tag="project.report_filed"):
    """연차·단계·최종보고서; `covers` is the research year or stage it is about. `due_on` is the day it was due."""

    kind: Literal["ANNUAL", "STAGE", "FINAL"]
    due_on: date
    covers: Code | None = None


class ProjectEvaluated(Fact, frozen=True, tag="project.evaluated"):
    """The project was given a grade, of a stage, at the end or special (단계·최종·특별평가; Innovation Act 12, 15)."""

    kind: Literal["STAGE", "FINAL", "SPECIAL"]
    grade: Code


class TrlAssessed(Fact, frozen=True, tag="project.trl_assessed"):
    """Technology readiness, 1 (principle observed) to 9 (proven in operation)."""

    level: int
    assessor_role: Code

    def __post_init__(self) -> None:
        if not 1 <= self.level <= 9:
            raise Invalid("value.level_trl")


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
            raise Invalid("value.pid")
        if self.pid_scheme == "DOI" and self.pid is not None:
            identifiers.doi(self.pid)


class OutputVerified(Fact, frozen=True, tag="project.output_verified"):
    """Somebody looked whether an output is what it was reported to be, and it is (성과 검증)."""

    output: Code
    method: Code


class OutputRejected(Fact, frozen=True, tag="project.output_rejected"):
    """An output is not what it was reported to be, and does not count (성과 불인정)."""

    output: Code
    method: Code


class Funding(msgspec.Struct, frozen=True):
    """Money that was committed, disbursed or spent; `period` where a commitment names the half-year it is for."""

    kind: Literal["committed", "disbursed", "spent"]
    funder: FundingSource
    money: Money
    at: datetime
    period: str | None = None


class Report(msgspec.Struct, frozen=True):
    """A report that was filed, and when."""

    kind: Literal["ANNUAL", "STAGE", "FINAL"]
    due_on: date
    at: datetime
    covers: str | None = None


class Evaluation(msgspec.Struct, frozen=True):
    """A grade that the project was given, and when."""

    kind: Literal["STAGE", "FINAL", "SPECIAL"]
    grade: str
    at: datetime


class Result(msgspec.Struct, frozen=True):
    """What was said last of an output: what it is, how it was judged; nothing of what it is before it is reported."""

    kind: str | None = None
    pid: str | None = None
    pid_scheme: str | None = None
    countries: tuple[str, ...] = ()
    method: str | None = None
