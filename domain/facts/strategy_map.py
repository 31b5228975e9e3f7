"""Strategy map (글로벌 R&D 전략지도): one edition for one technology field. Facts of the world.

Two layers: the technology-level map (글로벌 기술수준 지도) ranks countries by sub-technology, the co-operation map
(기술 유형별 협력전략 지도) gives each sub-technology its type. The committee approves an edition in a session; an
approved edition does not change any more, and a field has one edition in force on any day.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal, TypeAlias, assert_never

import msgspec
from msgspec.structs import replace

from domain.messages import Invalid
from domain.record import Entry, Fact
from domain.stages import furthest
from domain.values import Code, Country, Field, Text, Year, check_country, check_exact


class StrategyMapDrafted(Fact, frozen=True, tag="map.drafted"):
    """Work on an edition began; `scheme_version` is that of the scheme the field is of."""

    field: Field
    edition: int
    scheme_version: Code | None = None
    title_ko: Text | None = None
    title_en: Text | None = None

    def __post_init__(self) -> None:
        if self.edition < 1:
            raise Invalid("value.edition")


class TechLevelAssessed(Fact, frozen=True, tag="map.level_assessed"):
    """Where a country stands in a sub-technology (세부기술), by a method and in a unit that the map names.

    `reference_year` (기준연도) is the year of the data that it rests on.
    """

    sub_tech: Code
    country: Country
    rank: int | None = None
    score: Decimal | None = None
    unit: Code | None = None
    method: Code | None = None
    reference_year: Year | None = None

    def __post_init__(self) -> None:
        check_country(self.country)
        if self.rank is None and self.score is None:
            raise Invalid("value.rank_or_score")
        if self.rank is not None and self.rank < 1:
            raise Invalid("value.rank")
        if self.score is not None:
            check_exact(self.score, "score")


class CoopTypeAssigned(Fact, frozen=True, tag="map.coop_type_assigned"):
    """How Korea works with others in a sub-technology; the known types are `coop_types.tsv`, which may not be all."""

    sub_tech: Code
    coop_type: Code


class StrategyMapApproved(Fact, frozen=True, tag="map.approved"):
    """The committee approved the edition in a session; `in_force_from` is the first day on which it holds."""

    effective_on: ClassVar[str | None] = "in_force_from"
    decided: ClassVar[bool] = True

    in_force_from: date
    session: Code | None = None


class StrategyMapSuperseded(Fact, frozen=True, tag="map.superseded"):
    """The edition ended; `on` is the first day on which it no longer holds."""

    effective_on: ClassVar[str | None] = "on"
    decided: ClassVar[bool] = True

    on: date
    by: Code | None = None


MapFact: TypeAlias = (
    StrategyMapDrafted | TechLevelAssessed | CoopTypeAssigned | StrategyMapApproved | StrategyMapSuperseded
)
Status: TypeAlias = Literal["none", "drafted", "approved", "superseded"]

STAGES: dict[Status, int] = {"none": 0, "drafted": 1, "approved": 2, "superseded": 3}
"""The stage of each status: a later fact of an earlier stage takes nothing back."""


class TechLevel(msgspec.Struct, frozen=True):
    """What was said last of a country in a sub-technology, in one unit, by one method and of one year."""

    sub_tech: str
    country: str
    rank: int | None = None
    score: Decimal | None = None
    unit: str | None = None
    method: str | None = None
    reference_year: int | None = None

    @property
    def key(self) -> str:
        """Its identity among assessments: a score of another year or unit is kept next to it."""
        identity = (self.sub_tech, self.country, self.unit, self.method, self.reference_year)
        return "/".join(str(it or "").replace("~", "~0").replace("/", "~1") for it in identity)


class StrategyMap(msgspec.Struct, frozen=True):
    """The state of a strategy map, folded from its facts.

        none > drafted > approved > superseded

    `levels` are ranks by `sub_tech/COUNTRY` where ranked; `coop_types` by sub-technology; `assessments` all that was
    said of levels, by `TechLevel.key`. `session` approved it, `superseded_by` names what took its place.
    """

    status: Status = "none"
    field: str | None = None
    edition: int | None = None
    in_force_from: date | None = None
    in_force_to: date | None = None
    levels: dict[str, int | None] = {}
    coop_types: dict[str, str] = {}
    scheme_version: str | None = None
    title_ko: str | None = None
    title_en: str | None = None
    session: str | None = None
    superseded_by: str | None = None
    assessments: dict[str, TechLevel] = {}


initial = StrategyMap()


def evolve(it: StrategyMap, entry: Entry[MapFact]) -> StrategyMap:
    then = _apply(it, entry)
    return replace(then, status=furthest(STAGES, it.status, then.status))


def _apply(it: StrategyMap, entry: Entry[MapFact]) -> StrategyMap:
    """Applies a fact, whatever happened before it."""
    match entry.fact:
        case StrategyMapDrafted() as draft:
            return replace(
                it,
                status="drafted",
                field=draft.field,
                edition=draft.edition,
                scheme_version=draft.scheme_version,
                title_ko=draft.title_ko,
                title_en=draft.title_en,
            )
        case TechLevelAssessed(sub_tech=sub_tech, country=where, rank=rank) as assessed:
            level = TechLevel(**msgspec.structs.asdict(assessed))
            levels = it.levels | {f"{sub_tech}/{where}": rank}
            return replace(it, levels=levels, assessments=it.assessments | {level.key: level})
        case CoopTypeAssigned(sub_tech=sub_tech, coop_type=coop_type):
            return replace(it, coop_types=it.coop_types | {sub_tech: coop_type})
        case StrategyMapApproved(in_force_from=start, session=session):
            return replace(it, status="approved", in_force_from=start, session=session)
        case StrategyMapSuperseded(on=end, by=by):
            return replace(it, status="superseded", in_force_to=end, superseded_by=by)
        case unknown:
            assert_never(unknown)
