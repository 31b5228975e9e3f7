"""What the secretariat lays down before the year of a demo begins: promises, definitions and targets, strategy maps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from api.demo.course import STORY
from api.demo.simulation import FIELDS, SLA, YEAR, Event, cloud_event
from projections.definitions import VERSIONS

AT = datetime(YEAR - 1, 12, 6, 1, 45, tzinfo=UTC)


def preparatory_acts() -> Iterator[Event]:
    """The SLA policy, every indicator with its targets, and a strategy map of each field."""
    minutes = {"low": 1440, "normal": 960, "high": 480, "critical": 240}
    policy = {
        "version": 1,
        "first_response_minutes": minutes,
        "resolve_minutes": {severity: 6 * most for severity, most in minutes.items()},
        "stop_reasons": ["requester"],
    }
    yield cloud_event(f"sla:{SLA}", "sla.published", AT, policy)
    for (code, version), it in sorted(VERSIONS.items()):
        defined = {
            "version": version,
            "first_period": f"{YEAR}S1",
            "name_ko": it.ko,
            "name_en": it.en,
            "unit": it.unit,
            "measures": it.class_.upper(),
            "formula": it.formula,
        }
        yield cloud_event(f"indicator:{code}", "indicator.defined", AT, defined, f"{code}/{version}")
    for code, values in STORY.targets.items():
        for half, value in enumerate(values, 1):
            target = {"period": f"{YEAR}S{half}", "value": value}
            yield cloud_event(f"indicator:{code}", "indicator.target_set", AT, target, f"{code}/{target['period']}")
    for field in FIELDS:
        stream = f"map:{field.replace('/', '-')}-1"
        yield cloud_event(stream, "map.drafted", AT, {"field": field, "edition": 1})
        for rank, country in enumerate(("US", "DE", "SG"), 1):
            level = {"sub_tech": "all", "country": country, "rank": rank}
            yield cloud_event(stream, "map.level_assessed", AT, level, f"{stream}/{country}")
        yield cloud_event(stream, "map.approved", AT, {"in_force_from": f"{YEAR}-01-01"})
