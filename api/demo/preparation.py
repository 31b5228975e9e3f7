"""What the secretariat lays down before the year of a demo begins: promises, definitions and targets, strategy maps,
and who runs each hub for how long and with what money.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import chain

from api.demo.cloud_events import YEAR, Event, cloud_event
from api.demo.course import HUBS, MAPS, STORY, FieldMap, SimulatedHub
from api.demo.hub_year import LISTED, SLA, won
from projections.definitions import QUALITATIVE, VERSIONS, Indicator, Qualitative

AT = datetime(YEAR - 1, 12, 6, 1, 45, tzinfo=UTC)
SESSION = f"{YEAR - 1}-4"
SEATS, MEMBERS = 23, [f"m-{n}" for n in range(1, 18)]
"""Of the special committee, and those of its members who are present."""

RENEWED = ("AM-WDC", "EU-BRM")
"""Hubs whose term ends with the year, and is renewed before it does."""


def preparatory_acts() -> Iterator[Event]:
    """The SLA policy, every indicator with its targets, the session that approves the maps, and a map of each field."""
    yield _promise()
    yield from chain(_indicators(), _targets(), _session())
    for it in MAPS.maps:
        yield from _map(it)
    for hub in HUBS:
        yield from _mandate(hub)


def _promise() -> Event:
    minutes = {"low": 1440, "normal": 960, "high": 480, "critical": 240}
    policy = {
        "version": 1,
        "first_response_minutes": minutes,
        "resolve_minutes": {severity: 6 * most for severity, most in minutes.items()},
        "stop_reasons": LISTED,
    }
    return cloud_event(f"sla:{SLA}", "sla.published", AT, policy)


def _indicators() -> Iterator[Event]:
    measured = {key: _defined(it) | {"unit": it.unit, "formula": it.formula} for key, it in VERSIONS.items()}
    in_words = {key: _defined(it) | {"unit": "서술", "qualitative": True} for key, it in QUALITATIVE.items()}
    for (code, version), defined in sorted((measured | in_words).items()):
        yield cloud_event(f"indicator:{code}", "indicator.defined", AT, defined, f"{code}/{version}")


def _defined(it: Indicator | Qualitative) -> Event:
    named: Event = {"version": it.version, "first_period": f"{YEAR}S1", "name_ko": it.ko, "name_en": it.en}
    return named | {"measures": it.class_.upper()}


def _targets() -> Iterator[Event]:
    for code, values in STORY.targets.items():
        for half, value in enumerate(values, 1):
            target = {"period": f"{YEAR}S{half}", "value": value}
            yield cloud_event(f"indicator:{code}", "indicator.target_set", AT, target, f"{code}/{target['period']}")


def _session() -> Iterator[Event]:
    """The special committee (특별위원회) deliberates on the maps; one member takes no part in one of them."""
    stream = f"session:{SESSION}"
    yield cloud_event(stream, "session.convened", AT, {"on": AT.date(), "seats": SEATS, "present": MEMBERS})
    for n, it in enumerate(MAPS.maps, 1):
        item, title = str(n), {"title_ko": f"{it.ko} 분야 글로벌 R&D 전략지도", "title_en": f"Strategy map, {it.en}"}
        tabled = {"item": item, "kind": "DELIBERATION", "subject": f"map:{_key(it)}"} | title
        yield cloud_event(stream, "session.agenda_tabled", AT, tabled, f"{stream}/{n}")
        recused = int(n == 1)
        if recused:
            yield cloud_event(stream, "session.member_recused", AT, {"item": item, "member": MEMBERS[0]})
        votes = {"item": item, "votes_for": len(MEMBERS) - recused - n % 3, "abstained": n % 3}
        yield cloud_event(stream, "session.decision_adopted", AT, votes, f"{stream}/{n}/decided")
    minutes = hashlib.sha256(stream.encode()).hexdigest()
    yield cloud_event(stream, "session.minutes_sealed", AT, {"sha256": minutes})


def _map(it: FieldMap) -> Iterator[Event]:
    stream = f"map:{_key(it)}"
    title = {"title_ko": f"{it.ko} 전략지도", "title_en": f"Strategy map, {it.en}"}
    yield cloud_event(stream, "map.drafted", AT, {"field": it.field, "edition": 1, "scheme_version": "2022"} | title)
    yield from assessed(stream, it, AT)
    yield cloud_event(stream, "map.approved", AT, {"in_force_from": date(YEAR, 1, 1), "session": SESSION})


def assessed(stream: str, it: FieldMap, at: datetime) -> Iterator[Event]:
    """The levels and co-operation types of a map, as they are said on its stream."""
    how = {"unit": MAPS.unit, "method": MAPS.method, "reference_year": MAPS.reference_year}
    for name, sub_tech in it.sub_techs.items():
        best_first = sorted(sub_tech.scores.items(), key=lambda score: -score[1])
        for rank, (country, score) in enumerate(best_first, 1):
            level = {"sub_tech": name, "country": country, "rank": rank, "score": score} | how
            yield cloud_event(stream, "map.level_assessed", at, level, f"{stream}/{name}/{country}")
        coop = {"sub_tech": name, "coop_type": sub_tech.coop}
        yield cloud_event(stream, "map.coop_type_assigned", at, coop, f"{stream}/{name}")


def _mandate(hub: SimulatedHub) -> Iterator[Event]:
    """Who runs a hub (운영기관), for how long (지정기간), what for, and with what money (반기 예산)."""
    stream, decided = f"hub:{hub.id}", "GRDSC-2024-12"
    run = {"operator": hub.operator, "name_ko": hub.operator_ko, "name_en": hub.operator_en, "on": "2024-12-06"}
    yield cloud_event(stream, "hub.operator_appointed", AT, run | {"decision_ref": decided})
    ends_on = "2025-12-31" if hub.id in RENEWED else "2027-12-31"
    term = {"starts_on": "2024-12-06", "ends_on": ends_on, "decision_ref": decided}
    yield cloud_event(stream, "hub.term_set", AT, term)
    functions = ["JOINT_RESEARCH", "EXCHANGE", "EXPANSION", "HELPDESK"]
    yield cloud_event(stream, "hub.functions_changed", AT, {"functions": functions})
    yield budget(hub, f"{YEAR}S1", AT)


def budget(hub: SimulatedHub, half: str, at: datetime) -> Event:
    """What a hub has to spend in a half-year, from the day of the decision on."""
    allocated = {"period": half, "money": won(hub.budget), "on": at.date(), "decision_ref": f"BUDGET-{half}"}
    return cloud_event(f"hub:{hub.id}", "hub.budget_allocated", at, allocated)


def _key(it: FieldMap) -> str:
    return f"{it.field.replace('/', '-')}-1"
