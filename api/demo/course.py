"""What a demo tells that is not drawn by chance, out of `story.toml`: hubs, targets, and its two half-year checks."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec

from domain.period import HalfYear


class SimulatedHub(msgspec.Struct, frozen=True):
    """A hub as it is designated; `partners` are the countries that it works with."""

    id: str
    name_ko: str
    name_en: str
    ministry: str
    region: str
    city: str
    country: str
    tz: str
    partners: str


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
    """What is told of one check: when it opens, whom it returns a submission and why, what it finds."""

    half: HalfYear
    opens: date
    returned: str
    points: str
    opinion_ko: str
    opinion_en: str
    findings: tuple[PlannedFinding, ...] = ()


class Story(msgspec.Struct, frozen=True):
    """`targets` (성과목표) are of all hubs together, for the first and the second half-year. `shown` are the indicators
    of the performance table, `where_to_look` commands to go on with."""

    shown: tuple[str, ...]
    where_to_look: dict[str, str]
    targets: dict[str, tuple[str, str]]
    hubs: tuple[SimulatedHub, ...]
    checks: tuple[CheckCourse, CheckCourse]


STORY = msgspec.toml.decode(Path(__file__).with_name("story.toml").read_bytes(), type=Story)
HUBS = STORY.hubs
FIRST, SECOND = STORY.checks
