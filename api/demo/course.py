"""What a demo posts that is not drawn by chance, out of `story.toml` and `maps.toml`: hubs, targets, strategy maps, and
its two half-year checks.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import msgspec

from domain.period import HalfYear
from domain.phrase import Phrase


class SimulatedHub(msgspec.Struct, frozen=True):
    """A hub as it is designated; `partners` are the countries that it works with, who pay in `currency`.

    `budget` is that of a half-year, in ten thousands of won.
    """

    id: str
    name_ko: str
    name_en: str
    ministry: str
    region: str
    city: str
    country: str
    tz: str
    partners: str
    currency: str
    operator: str
    operator_ko: str
    operator_en: str
    budget: int

    @property
    def place(self) -> str:
        """Where it is, in Korean."""
        return self.name_ko.removesuffix(" 거점센터")


class Suspension(msgspec.Struct, frozen=True):
    """The designation of a hub rests (지정 정지) from a day on until another; both were decided before they came."""

    hub: str
    decided_on: date
    on: date
    reason: str
    lifted_on: date
    until: date
    lifted_for: str


class PlannedFinding(msgspec.Struct, frozen=True):
    """A finding (지적사항) about a hub, its answer, and the corrective action (시정조치) agreed."""

    hub: str
    severity: str
    criteria: str
    condition: str
    cause: str
    effect: str
    response: str
    action: str
    due_on: date


class CheckCourse(msgspec.Struct, frozen=True):
    """The course of one check: when it opens, whose submission it returns and why, what it finds."""

    half: HalfYear
    opens: date
    returned: str
    points: str
    points_en: str
    opinion_ko: str
    opinion_en: str
    findings: tuple[PlannedFinding, ...] = ()


class PlannedRestatement(msgspec.Struct, frozen=True):
    """Why the first half-year is stated again (정정공표), and why what the engine proposed is put off until then.

    When each act comes is in Seoul time.
    """

    proposed_at: datetime
    approved_at: datetime
    published_at: datetime
    put_off: str
    reason: str
    reason_en: str


class Story(msgspec.Struct, frozen=True):
    """`targets` (성과목표) are of all hubs together, for the first and the second half-year. `shown` are the indicators
    of the performance table, `where_to_look` commands to go on with. `assessments` are what every hub says on a
    qualitative indicator (질적 지표), `{place}` being where it is; `assessments_en` the same in English.
    """

    shown: tuple[str, ...]
    where_to_look: dict[str, Phrase]
    targets: dict[str, tuple[str, str]]
    assessments: dict[str, str]
    assessments_en: dict[str, str]
    suspension: Suspension
    restatement: PlannedRestatement
    hubs: tuple[SimulatedHub, ...]
    checks: tuple[CheckCourse, CheckCourse]


class SubTechnology(msgspec.Struct, frozen=True):
    """How Korea works with others in it, and how far each country is."""

    coop: str
    scores: dict[str, Decimal]


class FieldMap(msgspec.Struct, frozen=True):
    """The strategy map of one field, by sub-technology."""

    field: str
    ko: str
    en: str
    sub_techs: dict[str, SubTechnology]


class Maps(msgspec.Struct, frozen=True):
    """By which method and in which unit countries were assessed, of which year, in each field."""

    method: str
    unit: str
    reference_year: int
    maps: tuple[FieldMap, ...]


HERE = Path(__file__).parent
STORY = msgspec.toml.decode((HERE / "story.toml").read_bytes(), type=Story)
MAPS = msgspec.toml.decode((HERE / "maps.toml").read_bytes(), type=Maps)
HUBS = STORY.hubs
FIELDS = {it.field: it.ko for it in MAPS.maps}
FIRST, SECOND = STORY.checks
