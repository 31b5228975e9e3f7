"""What the programme of a demo posts once, each act on its day: the scenes of `programme.toml`, money and rates of each
half-year, a suspension and its end, and partners.
"""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from api.demo.cloud_events import YEAR, Event, Posting, cloud_event, morning
from api.demo.course import HUBS, MAPS, STORY
from api.demo.hub_teller import PARTNERS, partner_of
from api.demo.preparation import RENEWED, assessed, budget
from domain.period import HalfYear

SECRETARIAT = "secretariat"
PARTNER_NAMES = {
    "{city} Institute of Technology": "UNIVERSITY",
    "University of {city}": "UNIVERSITY",
    "{city} Advanced Materials Laboratory": "INSTITUTE",
    "{city} Quantum Centre": "INSTITUTE",
    "{city} Biofoundry": "INSTITUTE",
    "{city} Robotics": "COMPANY",
    "{city} Cloud Systems": "COMPANY",
    "{city} University Hospital": "HOSPITAL",
}
LEVELS = {"USD": 1425, "EUR": 1560, "SGD": 1085}
"""About what a unit of each currency costs in won."""


class SceneAct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fact or act: about which stream, what, and on which day it happened (without one, on that of the scene). `file`
    is the text of what is deposited, and handed in with it."""

    of: str
    type: str
    data: dict[str, Any] = {}
    at: date | None = None
    evidence: bool = False
    file: str | None = None


class Scene(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody posts on a day; `what` says it in a line."""

    what: str
    by: str
    posted_on: date
    acts: tuple[SceneAct, ...]


class Programme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    scenes: tuple[Scene, ...]


SCENES = msgspec.toml.decode(Path(__file__).with_name("programme.toml").read_bytes(), type=Programme).scenes


def programme() -> list[Posting]:
    """Everything, in the order of the days."""
    by_day: dict[date, dict[str, list[Event]]] = defaultdict(lambda: defaultdict(list))
    for scene in SCENES:
        by_day[scene.posted_on][scene.by] += [_event(scene, n) for n in range(len(scene.acts))]
    for day, by, event in (*_partners(), *_decisions(), *_rates(), *_next_map()):
        by_day[day][by].append(event)
    return [Posting(morning(day) + timedelta(hours=1), dict(by_day[day])) for day in sorted(by_day)]


def _event(scene: Scene, n: int) -> Event:
    it = scene.acts[n]
    at = morning(it.at or scene.posted_on)
    event = cloud_event(it.of, it.type, at + timedelta(minutes=n), it.data)
    if it.file is not None:
        file = it.file.encode()
        facts = {"sha256": hashlib.sha256(file).hexdigest(), "bytes": len(file), "media_type": "text/plain"}
        event |= {"data": it.data | facts, "file": file}
    return event | {"evidence": hashlib.sha256(event["id"].encode()).hexdigest()} if it.evidence else event


def _partners() -> Iterator[tuple[date, str, Event]]:
    day = date(YEAR, 1, 9)
    for hub in HUBS:
        for n, (name, kind) in zip(range(1, PARTNERS + 1), PARTNER_NAMES.items(), strict=True):
            key, country = partner_of(hub, n)
            known = {"name": name.format(city=hub.name_en), "kind": kind, "country": country}
            yield day, hub.id, cloud_event(f"partner:{key}", "partner.registered", morning(day), known)
            if kind == "COMPANY":
                clear = {"list": "수출통제 우려거래자", "result": "CLEAR", "valid_until": date(YEAR + 1, 1, 8)}
                yield day, hub.id, cloud_event(f"partner:{key}", "partner.screened", morning(day), clear)


def _decisions() -> Iterator[tuple[date, str, Event]]:
    """Budgets and renewals, a suspension and its end: each decided before it takes effect."""
    it = STORY.suspension
    for decided, type_, data in (
        (it.decided_on, "hub.suspended", {"on": it.on, "reason": it.reason}),
        (it.lifted_on, "hub.reinstated", {"on": it.until, "reason": it.lifted_for}),
    ):
        yield decided, SECRETARIAT, cloud_event(f"hub:{it.hub}", type_, morning(decided), data)
    for half, decided in ((f"{YEAR}S2", date(YEAR, 6, 20)), (f"{YEAR + 1}S1", date(YEAR, 12, 18))):
        for hub in HUBS:
            yield decided, SECRETARIAT, budget(hub, half, morning(decided))
    renewed = {"starts_on": date(YEAR + 1, 1, 1), "ends_on": date(YEAR + 3, 12, 31), "decision_ref": "GRDSC-2025-12"}
    for name in RENEWED:
        decided = date(YEAR, 12, 18)
        yield decided, SECRETARIAT, cloud_event(f"hub:{name}", "hub.renewed", morning(decided), renewed)


def _rates() -> Iterator[tuple[date, str, Event]]:
    """A rate set of each half-year, published when it is over: made up, by the working day."""
    rng = random.Random("rates")  # noqa: S311  a story, not a secret
    rates = {code: Decimal(level) for code, level in LEVELS.items()}
    for number, read_on in ((1, date(YEAR, 7, 1)), (2, date(YEAR + 1, 1, 2))):
        half = HalfYear(YEAR, number)
        by_currency: dict[str, dict[date, Decimal]] = {code: {} for code in LEVELS}
        day = date(YEAR, 1 if number == 1 else 7, 1)
        while day < read_on:
            if day.isoweekday() < 6:
                for code, by_day in by_currency.items():
                    step = Decimal(rng.randint(-60, 60)) / 10000 + (LEVELS[code] - rates[code]) / LEVELS[code] / 20
                    rates[code] = by_day[day] = (rates[code] * (1 + step)).quantize(Decimal("0.01"))
            day += timedelta(days=1)
        published = {"version": 1, "as_of": read_on, "source": "모의 매매기준율", "rates": by_currency}
        yield read_on, SECRETARIAT, cloud_event(f"fx:{half}", "fx.published", morning(read_on), published)


def _next_map() -> Iterator[tuple[date, str, Event]]:
    """The next edition of one map is approved half a year before it comes into force; until then the first holds."""
    it = next(it for it in MAPS.maps if it.field == "NST12/QUANTUM")
    decided, from_, stream = date(YEAR, 12, 18), date(YEAR + 1, 7, 1), "map:NST12-QUANTUM-2"
    drafted = {"field": it.field, "edition": 2, "scheme_version": "2022", "title_ko": f"{it.ko} 전략지도(개정)"}
    at = morning(decided)
    yield decided, SECRETARIAT, cloud_event(stream, "map.drafted", at, drafted)
    for event in assessed(stream, it, at):
        yield decided, SECRETARIAT, event
    yield decided, SECRETARIAT, cloud_event(stream, "map.approved", at, {"in_force_from": from_})
    ended = {"on": from_, "by": "NST12-QUANTUM-2"}
    yield decided, SECRETARIAT, cloud_event("map:NST12-QUANTUM-1", "map.superseded", at, ended)
