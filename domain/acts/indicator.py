"""Indicator (성과지표) and its targets (성과목표): an act, judged as it is made.

Goals and indicators are presented in advance (Performance Evaluation Act 2(5)). A definition or a target that comes
when its half-year has begun is recorded all the same and flagged LATE_SET; a later target replaces the one before.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias, assert_never

import msgspec
from msgspec.structs import replace

from domain.messages import Invalid
from domain.period import HalfYear
from domain.record import Entry, Fact, Refused
from domain.values import Code, Digest, Period, Text, check_exact


class IndicatorDefined(Fact, frozen=True, tag="indicator.defined"):
    """A version, for half-years from `first_period` on; `formula` is the digest of the query that computes it."""

    version: int
    first_period: Period
    name_ko: Text
    name_en: Text
    unit: Code
    measures: Literal["PROCESS", "OUTPUT", "OUTCOME"]
    formula: Digest | None = None
    qualitative: bool = False

    def __post_init__(self) -> None:
        if self.qualitative == (self.formula is not None):
            raise Invalid("value.formula")


class TargetSet(Fact, frozen=True, tag="indicator.target_set"):
    """What is aimed at in a half-year, by a hub or, without one, by all together."""

    period: Period
    value: Decimal
    hub: Code | None = None
    basis: Text | None = None

    def __post_init__(self) -> None:
        check_exact(self.value, "value")


class TargetWithdrawn(Fact, frozen=True, tag="indicator.target_withdrawn"):
    """A target was set that should not have been (목표 철회); `period` and `hub` as it named them."""

    period: Code
    reason: Text
    hub: Code | None = None


class IndicatorRetired(Fact, frozen=True, tag="indicator.retired"):
    """The indicator is not used any more (지표 폐지)."""

    reason: Text


IndicatorFact: TypeAlias = IndicatorDefined | TargetSet | TargetWithdrawn | IndicatorRetired


class Target(msgspec.Struct, frozen=True):
    value: Decimal
    late: bool


class Indicator(msgspec.Struct, frozen=True):
    """The state of an indicator, folded from its facts.

        none > defined > retired ; defined > defined (the next version)
        defined: a target set > withdrawn ; retired: a target withdrawn

    `targets` by `PERIOD/HUB`, the hub empty for all together; `qualitative` and `late` (LATE_SET) are of the last
    version.
    """

    status: Literal["none", "defined", "retired"] = "none"
    version: int = 0
    qualitative: bool = False
    late: bool = False
    targets: dict[str, Target] = {}


initial = Indicator()


def judge(indicator: Indicator, entry: Entry[IndicatorFact]) -> None:
    """Raises Refused unless the version follows the last, and there is an indicator to aim at or to retire."""
    match indicator.status, entry.fact:
        case (("none" | "defined"), IndicatorDefined(version=version)):
            if version != indicator.version + 1:
                raise Refused("indicator.wrong_version", version=version, expected=indicator.version + 1)
        case "defined", TargetSet() | IndicatorRetired():
            return
        case (("defined" | "retired"), TargetWithdrawn(period=period, hub=hub)):
            if f"{period}/{hub or ''}" not in indicator.targets:
                raise Refused("indicator.no_target", period=period, hub=hub, targets=sorted(indicator.targets))
        case status, fact:
            raise Refused("indicator.out_of_turn", status=status, type=fact.__struct_config__.tag)


def late_set(period: str, at: datetime) -> bool:
    """Whether a moment is too late for a half-year, because that has begun; never for an invalid half-year."""
    try:
        return at >= HalfYear.parse(period).starts_at
    except ValueError:
        return False


def evolve(indicator: Indicator, entry: Entry[IndicatorFact]) -> Indicator:
    at = entry.occurred_at
    match entry.fact:
        case IndicatorDefined(version=version, first_period=first, qualitative=qualitative):
            defined = replace(indicator, status="defined", version=version, qualitative=qualitative)
            return replace(defined, late=late_set(first, at))
        case TargetSet(period=period, hub=hub, value=value):
            target = Target(value, late_set(period, at))
            return replace(indicator, targets=indicator.targets | {f"{period}/{hub or ''}": target})
        case TargetWithdrawn(period=period, hub=hub):
            named = f"{period}/{hub or ''}"
            return replace(indicator, targets={key: it for key, it in indicator.targets.items() if key != named})
        case IndicatorRetired():
            return replace(indicator, status="retired")
        case unknown:
            assert_never(unknown)
