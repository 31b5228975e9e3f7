"""What happens in the two half-year checks of a demo: days, a submission returned, findings, opinions."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from domain.period import HalfYear


class PlannedFinding(NamedTuple):
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


class CheckCourse(NamedTuple):
    """What is told of one check: when it opens, whom it returns a submission and why, what it finds."""

    half: HalfYear
    opens: date
    returned: str
    points: str
    findings: tuple[PlannedFinding, ...]
    opinion_ko: str
    opinion_en: str


FIRST = CheckCourse(
    HalfYear(2025, 1),
    date(2025, 7, 7),
    "AS-SGN",
    "협약 소요기간(JR-02)이 길어진 사유를 서술할 것 (say why agreements took longer, JR-02)",
    (
        PlannedFinding(
            "EU-BRU",
            "MEDIUM",
            "상담 결과는 처리 후 바로 기록한다",
            "표본 1건의 처리 시각이 원자료와 다르다",
            "주 1회 일괄 입력",
            "해결시간(HD-04)이 실제보다 길게 나온다",
            "지적에 동의하며 입력 주기를 바꾸겠습니다.",
            "상담 결과를 당일 입력",
            date(2025, 12, 12),
        ),
        PlannedFinding(
            "AM-WDC",
            "HIGH",
            "협약 전에 과제를 착수하지 않는다",
            "표본 1건의 협약일이 원자료와 다르다",
            "협약 관리대장이 없음",
            "착수 과제(JR-01)와 협약 소요기간(JR-02)을 믿기 어렵다",
            "지적에 동의하며 관리대장을 만들겠습니다.",
            "협약 관리대장 도입",
            date(2026, 3, 31),
        ),
    ),
    "점검 결과에 이견 없음. 지연 기록을 줄일 것.",
    "No objection to the results. Record sooner.",
)
SECOND = CheckCourse(
    HalfYear(2025, 2),
    date(2026, 1, 5),
    "AM-TOR",
    "미결 상담(HD-06)의 해소 계획을 서술할 것 (say how the backlog will be worked off, HD-06)",
    (),
    "점검 결과와 전기조정에 이견 없음.",
    "No objection to the results and the prior-period adjustments.",
)
