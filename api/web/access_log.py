"""Who looked at persons and evidence files (접속기록), for its reviewers: at least once a month
(개인정보의 안전성 확보조치 기준 제8조제2항)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time
from typing import Any, NamedTuple

from api.problems import Problem
from api.reads import catalogue
from api.web.listing import check_word
from api.web.page import Page, Row
from domain.messages import sentence
from domain.period import SEOUL
from domain.record import Role

REVIEWERS: tuple[Role, ...] = ("hub", "auditor", "secretariat", "operator")
"""The roles that review it; a hub sees what was read of its own people."""

TYPES = "person.read,evidence.accessed"

MOST = 100

OFFICE = time(8), time(20)
"""Between these hours in Seoul, from Monday to Friday, nothing is out of hours."""


class Reading(NamedTuple):
    """What one credential was shown: how often, of how many persons or files, how often out of hours."""

    actor: str
    role: str
    hubs: tuple[str, ...]
    times: int
    of: int
    out_of_hours: int
    last: datetime


def access_log(page: Page) -> Mapping[str, Any]:
    """Raises Problem 403 for any other role."""
    role = page.actor.role
    if role not in REVIEWERS:
        what = sentence("authority.reads_all", "access_log")
        raise Problem(403, "authority.role", "reads", may=[*REVIEWERS], role=role, what=what)
    trail = page.rows(
        *(catalogue.VIEW, {"view": "audit_trail"}),
        *(("where", f"type={TYPES}"), ("fields", "recorded_at,hub,actor,role,stream")),
    )
    withheld = page.withheld
    months = sorted({_month(row) for row in trail}, reverse=True)
    check_word(page, "month", months)
    month = page.query.get("month") or (months[0] if months else "")
    before = page.query.get("before")
    answer = page.document(
        *(catalogue.EVENTS, {}),
        *(("type", TYPES), ("order", "-position"), ("limit", str(MOST)), *([("before", before)] if before else [])),
    )
    return {
        "months": months,
        "month": month,
        "readings": readings(row for row in trail if _month(row) == month),
        "events": answer["events"],
        "next": answer["next"],
        "withheld": withheld,
    }


def readings(rows: Iterable[Row]) -> list[Reading]:
    """One for each credential, the most often shown first."""
    by_credential: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        by_credential.setdefault((row["actor"], row["role"]), []).append(row)
    totals = [
        Reading(
            *(actor, role, tuple(sorted({it["hub"] for it in of if it["hub"]}))),
            *(len(of), len({it["stream"] for it in of}), sum(out_of_hours(it["recorded_at"]) for it in of)),
            max(it["recorded_at"] for it in of),
        )
        for (actor, role), of in by_credential.items()
    ]
    return sorted(totals, key=lambda it: (-it.times, it.actor))


def out_of_hours(at: datetime) -> bool:
    """Whether a moment is in the night or at a weekend in Seoul. Holidays are not known here."""
    there = at.astimezone(SEOUL)
    return there.weekday() > 4 or not OFFICE[0] <= there.time() < OFFICE[1]


def _month(row: Row) -> str:
    return f"{row['recorded_at'].astimezone(SEOUL):%Y-%m}"
