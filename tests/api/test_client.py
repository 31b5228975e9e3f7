"""The hub's client on a bad day: crashes, no network, a table with mistakes."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import gzip
import io
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.console import Console

from api.body import MOST_BODY_BYTES
from api.hub import refusals
from api.hub.client import SendingStopped, dry_run, import_file, import_report, post_file
from api.hub.mapping import Mapping, MappingError
from api.hub.outbox import Outbox, OutboxBusy
from api.problems import Problem
from api.server.quotas import Limits, Quotas
from tests.api.door import Door, opened
from tests.before.records import FIRST
from tests.commands import command

QUIET = Console(quiet=True)
ROOT = Path(__file__).parent.parent.parent

MAPPING = """
[file]
activity = "what"

[time]
column = "when"
format = "%Y-%m-%d %H:%M"
zone = "Asia/Seoul"

[event]
source = "hub:EU-BRU/desk"
subject = "case:{case}"
id = "{case}/{when}/{fact type}"

[[fact]]
type = "case.opened"
activity = "접수"
data.topic = "topic"

[[fact]]
type = "case.satisfaction_rated"
activity = "평가"
data.score = "score"
"""
ROWS = [
    ["case", "what", "when", "topic", "score"],
    ["K 1", "접수", "2025-03-03 09:00", "visa", ""],
    ["K 1", "평가", "2025-03-05 09:00", "", "5"],
    ["K 1", "메모", "2025-03-05 10:00", "", ""],
    ["K 2", "접수", "2025-03-04 09:00", "", ""],
    ["K 3", "평가", "2025-03-04 09:00", "", "9"],
    ["K 4", "접수", "yesterday", "tax", ""],
]


@pytest.fixture
def table(tmp_path):
    """A table and its mapping: two good rows, one that states nothing, three with mistakes."""
    (tmp_path / "map.toml").write_text(MAPPING, encoding="utf-8")
    with open(tmp_path / "cases.csv", "w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(ROWS)
    return tmp_path / "cases.csv", tmp_path / "map.toml"


def refused_of(account: Any) -> Path:
    assert account.refused_file
    return Path(account.refused_file)


def run(table, door: Door, outbox: Path):
    return asyncio.run(import_file(table[0], table[1], outbox, door.url, door.tokens["EU-BRU"], console=QUIET))


def test_a_table_is_imported_and_its_mistakes_are_named_by_row(table, door, tmp_path):
    account = run(table, door, tmp_path / "outbox.db")
    assert (account.rows, account.used, sum(account.filtered.values())) == (6, 5, 1)
    assert (account.facts, account.recorded) == (5, 2)
    assert {(it.row, it.type) for it in account.refused} == {
        (5, "case.opened"),
        (6, "case.satisfaction_rated"),
        (7, "case.opened"),
    }
    stored = door.get("/v1/streams/case:K-1").body["history"][0]["entry"]
    assert (stored["occurred_at"], stored["zone"], stored["imported"]) == ("2025-03-03T00:00:00Z", "Asia/Seoul", True)
    assert run(table, door, tmp_path / "outbox.db").duplicates == 2


def test_a_dry_run_lists_the_same_mistakes_and_sends_nothing(table):
    account = dry_run(table[0], table[1], console=QUIET)
    assert [it.row for it in account.refused] == [5, 6, 7]
    assert account.recorded == 0


def test_a_gzipped_table_reads_the_same(table, door, tmp_path):
    packed = tmp_path / "cases.csv.gz"
    packed.write_bytes(gzip.compress(table[0].read_bytes()))
    assert run((packed, table[1]), door, tmp_path / "outbox.db").recorded == 2


def test_what_the_record_refuses_is_set_aside_ready_to_be_mended(door, tmp_path):
    events = tmp_path / "events.json"
    events.write_bytes(msgspec.json.encode([opened("case:1", "1"), opened("hub:x", "2")]))
    account = asyncio.run(post_file(events, tmp_path / "outbox.db", door.url, door.tokens["EU-BRU"], console=QUIET))
    assert (account.facts, account.recorded, len(account.refused)) == (2, 1, 1)
    (line,) = refused_of(account).read_bytes().splitlines()
    mended = msgspec.json.decode(line) | {"subject": "case:2"}
    events.write_bytes(msgspec.json.encode(mended))
    again = asyncio.run(post_file(events, tmp_path / "outbox.db", door.url, door.tokens["EU-BRU"], console=QUIET))
    assert (again.recorded, again.refused) == (1, [])


def lines(path: Path) -> list[dict[str, object]]:
    return [msgspec.json.decode(it) for it in path.read_bytes().splitlines()]


def test_the_refused_file_is_posted_until_it_is_empty_and_holds_each_event_once(door, tmp_path):
    def post(path: Path):
        return asyncio.run(post_file(path, tmp_path / "outbox.db", door.url, door.tokens["EU-BRU"], console=QUIET))

    events = tmp_path / "events.json"
    events.write_bytes(msgspec.json.encode([opened("hub:x", "1"), opened("hub:y", "2"), opened("case:3", "3")]))
    refused = post(events).refused_file
    assert [it["id"] for it in lines(refused)] == ["1", "2"]
    for path in (refused, events, refused):
        post(path)
        assert [it["id"] for it in lines(refused)] == ["1", "2"]
    assert lines(refused)[0]["refused"]
    refused.write_bytes(refused.read_bytes().replace(b"hub:x", b"case:1"))
    account = post(refused)
    assert (account.recorded, len(account.refused)) == (1, 1)
    assert [it["id"] for it in lines(refused)] == ["2"]
    # As an editor on Windows saves it.
    edited = refused.read_bytes().replace(b"hub:y", b"case:2").replace(b"\n", b"\r\n")
    refused.write_bytes(b"\xef\xbb\xbf" + edited)
    account = post(refused)
    assert (account.recorded, account.refused, account.refused_file) == (1, [], None)
    assert [path.name for path in tmp_path.glob("outbox*refused*")] == []
    stored = door.get("/v1/streams/case:2").body["history"][0]["entry"]
    assert "refused" not in msgspec.json.encode(stored).decode()


def test_what_is_recorded_by_another_way_leaves_the_refused_file_and_what_was_edited_in_it_stays(door, tmp_path):
    def post(*events: object):
        (tmp_path / "events.json").write_bytes(msgspec.json.encode(events))
        it = tmp_path / "events.json"
        return asyncio.run(post_file(it, tmp_path / "outbox.db", door.url, door.tokens["EU-BRU"], console=QUIET))

    refused = post(opened("hub:x", "1"), opened("hub:y", "2")).refused_file
    broken = b'{"id": "edited by hand'
    refused.write_bytes(refused.read_bytes() + broken + b"\n")
    post(opened("case:1", "1"))
    left = refused.read_bytes().splitlines()
    assert (len(left), msgspec.json.decode(left[0])["id"], left[1]) == (2, "2", broken)


def test_a_command_killed_before_it_dropped_what_it_had_set_aside_sets_it_aside_once(door, tmp_path):
    with Outbox(tmp_path / "outbox.db") as box:
        box.put([(7, msgspec.json.encode(opened("hub:x", "1")))])
        batch = box.batch(1)
        box.settle(batch, {batch[0].number: "a reason"})
    (tmp_path / "none.json").write_bytes(b"[]")
    held = (tmp_path / "outbox.db").read_bytes()
    for _ in range(2):
        (tmp_path / "outbox.db").write_bytes(held)
        none = tmp_path / "none.json"
        account = asyncio.run(post_file(none, tmp_path / "outbox.db", door.url, door.tokens["EU-BRU"], console=QUIET))
        assert [(it.row, it.reason) for it in account.refused] == [(7, "a reason")]
        assert len(lines(refused_of(account))) == 1
    beside = refused_of(account).with_name(refused_of(account).name + ".new")
    beside.write_bytes(b"what a kill left")
    refused_of(account).unlink()
    asyncio.run(post_file(none, tmp_path / "outbox.db", door.url, door.tokens["EU-BRU"], console=QUIET))
    assert not beside.exists()


def test_what_was_answered_is_in_no_file_beside_the_outbox(table, door, tmp_path):
    events = [opened(f"case:<{n}>" if n % 2 else f"case:{n}", f"<id-{n}>") for n in range(100)]
    (tmp_path / "in").mkdir()
    (tmp_path / "in/events.json").write_bytes(msgspec.json.encode(events))
    box = tmp_path / "box/outbox.db"
    account = asyncio.run(post_file(tmp_path / "in/events.json", box, door.url, door.tokens["EU-BRU"], console=QUIET))
    assert len(account.refused) == 50
    held = {path.name: path.read_bytes() for path in box.parent.iterdir()}
    refused = held.pop("outbox.refused.ndjson")
    assert [n for n in range(100) if f"<id-{n}>".encode() in refused] == list(range(1, 100, 2))
    assert [name for name, content in held.items() if b"<id-" in content] == []


def test_an_outbox_of_the_release_before_is_sent(door, tmp_path):
    (tmp_path / "outbox.db").write_bytes((FIRST / "outbox.db").read_bytes())
    (tmp_path / "none.json").write_bytes(b"[]")
    none = tmp_path / "none.json"
    account = asyncio.run(post_file(none, tmp_path / "outbox.db", door.url, door.tokens["EU-BRU"], console=QUIET))
    assert (account.earlier, account.recorded) == (2, 2)
    assert [(it.row, it.reason) for it in account.refused] == [(2, "a reason")]
    assert [it["id"] for it in lines(refused_of(account))] == ["out-0"]
    assert door.get("/v1/streams/case:out-2").body["history"][0]["entry"]["id"] == "out-2"


NAME = "가나다"


@pytest.mark.parametrize(
    "spoiled",
    [
        {"data": {"topic": "x", "severity": NAME}},
        {"data": {"topic": "x", "channel": NAME}},
        {"data": {"topic": "x", "requester": NAME}},
        {"data": {"topic": {"name": NAME}}},
        {"type": NAME},
        {"subject": f"case:{NAME}"},
        {"subject": f"{NAME}:1"},
        {"time": NAME},
        {"zone": NAME},
        {"evidence": NAME},
        {"specversion": NAME},
        {"imported": NAME},
        {"datacontenttype": NAME},
    ],
)
def test_no_message_about_an_event_repeats_what_stands_in_it(door, tmp_path, spoiled):
    (tmp_path / "event.json").write_bytes(msgspec.json.encode(opened("case:1", "1") | spoiled))
    it = tmp_path / "event.json"
    account = asyncio.run(post_file(it, tmp_path / "outbox.db", door.url, door.tokens["EU-BRU"], console=QUIET))
    assert len(account.refused) == 1
    told = Console(record=True, width=200, file=io.StringIO())
    told.print(import_report(account))
    assert NAME not in told.export_text() + repr(account.refused)


def test_a_dry_run_says_what_the_record_would_say(table, door, tmp_path):
    table[1].write_text(MAPPING.replace("/{when}", ""), encoding="utf-8")
    rows = [
        ["K 7", "접수", "2025-03-03 09:00", "visa", ""],
        ["K 7", "접수", "2025-03-04 09:00", "visa", ""],
        ["K 8", "접수", "2099-03-03 09:00", "visa", ""],
        ["K 9", "접수", "2025-03-03 09:00", "call 010-2345-6789", ""],
        ["비자-001", "접수", "2025-03-03 09:00", "visa", ""],
    ]
    with open(table[0], "a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    dry = dry_run(table[0], table[1], console=QUIET)
    assert [it.row for it in dry.refused] == [5, 6, 7, 9, 10, 11, 12]
    account = run(table, door, tmp_path / "outbox.db")
    assert [(it.row, it.reason) for it in account.refused] == [(it.row, it.reason) for it in dry.refused]
    assert account.recorded == dry.facts - len(dry.refused) == 3


def asked_of(table, record) -> str:
    """What a dry run says of what the record holds."""
    return dry_run(table[0], table[1], record, console=QUIET).asked.en


def test_a_dry_run_beside_a_record_says_what_of_an_old_sheet_would_be_new(table, door, tmp_path):
    record = (door.url, door.tokens["EU-BRU"])
    assert "0 of them are recorded already, 2 would be new" in asked_of(table, record)
    head = door.get("/readyz").body["position"]
    run(table, door, tmp_path / "outbox.db")
    assert "2 of them are recorded already, 0 would be new" in asked_of(table, record)
    changed = [*ROWS[:1], *[[*row[:3], "tax" if row[3] else "", row[4]] for row in ROWS[1:]], ["K 9", *ROWS[1][1:]]]
    with open(table[0], "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(changed)
    dry = dry_run(table[0], table[1], record, console=QUIET)
    assert "1 of them are recorded already, 1 would be new" in dry.asked.en
    assert [it.row for it in dry.refused if "something else under this id" in it.reason] == [2]
    assert door.get("/readyz").body["position"] == head + 2
    (refused,) = [it for it in run(table, door, tmp_path / "outbox.db").refused if "another content" in it.reason]
    assert refused.row == 2


def test_a_sheet_that_came_back_sorted_and_with_a_column_more_records_nothing_new(table, door, tmp_path):
    run(table, door, tmp_path / "outbox.db")
    with open(table[0], "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["memo", *ROWS[0], ""], *(["x", *row, ""] for row in reversed(ROWS[1:]))])
    account = run(table, door, tmp_path / "outbox.db")
    assert (account.recorded, account.duplicates) == (0, 2)


def test_a_dry_run_that_cannot_ask_the_record_says_so(table, named, door, monkeypatch):
    assert "asked" in dry_run(table[0], table[1], console=QUIET).asked.en
    assert "people" in dry_run(named[0], named[1], (door.url, door.tokens["EU-BRU"]), console=QUIET).asked.en
    monkeypatch.setattr("api.hub.client.ATTEMPTS", 1)
    table[1].write_text(MAPPING, encoding="utf-8")
    assert "cannot be reached" in dry_run(table[0], table[1], ("http://127.0.0.1:9", "t"), console=QUIET).asked.en
    assert "live token" in dry_run(table[0], table[1], (door.url, "nonsense"), console=QUIET).asked.en


def test_without_a_network_nothing_is_lost_and_the_same_command_resumes(table, door, tmp_path, monkeypatch):
    monkeypatch.setattr("api.hub.client.ATTEMPTS", 2)
    away = asyncio.run
    with pytest.raises(SendingStopped, match="nothing is lost"):
        away(import_file(table[0], table[1], tmp_path / "outbox.db", "http://127.0.0.1:9", "t", console=QUIET))
    with Outbox(tmp_path / "outbox.db") as box:
        assert box.waiting() == 2
    account = run(table, door, tmp_path / "outbox.db")
    assert (account.earlier, account.recorded, account.duplicates) == (2, 2, 2)


def test_a_wrong_token_stops_and_keeps_what_waits(table, door, tmp_path):
    with pytest.raises(SendingStopped, match="live token"):
        asyncio.run(import_file(table[0], table[1], tmp_path / "outbox.db", door.url, "nonsense", console=QUIET))
    assert run(table, door, tmp_path / "outbox.db").recorded == 2


def test_a_command_killed_while_it_fills_or_sends_loses_nothing(door, tmp_path):
    events = [opened(f"case:{n}", str(n)) for n in range(20_000)]
    (tmp_path / "events.json").write_bytes(msgspec.json.encode(events))
    command = [sys.executable, "-m", "sagwan", "post", str(tmp_path / "events.json"), "--url", door.url]
    command += ["--token", door.tokens["EU-BRU"], "--outbox", str(tmp_path / "outbox.db")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while door.get("/readyz").body["position"] < 3_000 and process.poll() is None:
        time.sleep(0.01)
    process.kill()
    process.wait()
    with Outbox(tmp_path / "outbox.db") as box:
        assert 0 < box.waiting() < 20_000
    (tmp_path / "none.json").write_bytes(b"[]")
    asyncio.run(
        post_file(tmp_path / "none.json", tmp_path / "outbox.db", door.url, door.tokens["EU-BRU"], console=QUIET)
    )
    head = door.get("/readyz").body["position"]
    figure = door.get(f"/v1/indicators/HD-01?after={head}").body["rows"]
    assert figure[0]["value"] == 20_000


def test_an_outbox_serves_one_command_at_a_time_and_forgets_what_was_acknowledged(table, door, tmp_path):
    with Outbox(tmp_path / "outbox.db"), pytest.raises(OutboxBusy, match="another command"):
        Outbox(tmp_path / "outbox.db")
    run(table, door, tmp_path / "outbox.db")
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("outbox.db*"))
    assert b"case:K-1" not in kept


@pytest.fixture
def named(table, tmp_path):
    """The table with a column of people and a mapping that sends it through the vault."""
    mapping = MAPPING.replace('data.topic = "topic"', 'data.topic = "topic"\ndata.requester = { person = "who" }')
    table[1].write_text(mapping, encoding="utf-8")
    with open(table[0], "w", encoding="utf-8-sig", newline="") as file:
        header, *rows = ROWS
        csv.writer(file).writerows([[*header, "who"], *([*row, f"홍길동{n % 2}"] for n, row in enumerate(rows))])
    return table


def kept(tmp_path: Path) -> bytes:
    return b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != "cases.csv")


def test_people_go_through_the_vault_and_their_names_are_kept_nowhere(named, door, tmp_path, caplog, capfd):
    caplog.set_level("DEBUG")
    first = run(named, door, tmp_path / "outbox.db")
    assert (first.recorded, len(first.refused)) == (2, 3)
    head = door.get("/readyz").body["position"]
    assert run(named, door, tmp_path / "outbox.db").duplicates == 2
    assert door.get("/readyz").body["position"] == head
    fact = door.get("/v1/streams/case:K-1").body["history"][0]["entry"]["fact"]
    assert fact["requester"].startswith("p-")
    dry = dry_run(named[0], named[1], console=QUIET)
    said = repr((first, dry)) + caplog.text + "".join(capfd.readouterr())
    assert "홍길동" not in said
    assert "홍길동".encode() not in kept(tmp_path)


def test_without_a_network_nobody_is_put_into_the_outbox(named, door, tmp_path, monkeypatch):
    monkeypatch.setattr("api.hub.client.ATTEMPTS", 2)
    with pytest.raises(SendingStopped, match="nothing is lost"):
        asyncio.run(import_file(named[0], named[1], tmp_path / "outbox.db", "http://127.0.0.1:9", "t", console=QUIET))
    assert "홍길동".encode() not in kept(tmp_path)
    with pytest.raises(SendingStopped, match="live token"):
        asyncio.run(import_file(named[0], named[1], tmp_path / "outbox.db", door.url, "nonsense", console=QUIET))
    assert run(named, door, tmp_path / "outbox.db").recorded == 2


def test_rows_about_somebody_erased_since_are_refused_and_name_nobody(named, door, tmp_path):
    run(named, door, tmp_path / "outbox.db")
    fact = door.get("/v1/streams/case:K-1").body["history"][0]["entry"]["fact"]
    erased = door.ask("DELETE", f"/v1/persons/{fact['requester']}?basis=PIPA+36", None, who="EU-BRU")
    assert erased.status == 200
    again = run(named, door, tmp_path / "outbox.db")
    assert (again.recorded, again.duplicates) == (0, 1)
    assert [it.reason for it in again.refused if "another content" in it.reason]
    assert "홍길동".encode() not in kept(tmp_path)


@pytest.mark.parametrize(
    ("wrong", "right", "says"),
    [
        ("Asia/Seoul", "Asia/Soul", "IANA"),
        ("case.opened", "case.opend", "did you mean case.opened"),
        ("data.topic", "data.topics", "did you mean topic"),
        ('subject = "case:{case}"', 'subject = "project:{case}"', "stream of the kind case"),
        ("[time]", "[tme]", "tme"),
        ('data.topic = "topic"', "", "needs data.topic"),
        ("[[fact]]", "[[fact]", "TOML"),
    ],
)
def test_a_mistake_in_a_mapping_says_where_it_is_and_how_to_mend_it(wrong, right, says):
    with pytest.raises(MappingError, match=says):
        Mapping(MAPPING.replace(wrong, right, 1))


def test_a_column_that_is_not_there_is_named_with_those_that_are(table):
    table[1].write_text(MAPPING.replace('data.topic = "topic"', 'data.topic = "subject matter"'), encoding="utf-8")
    with pytest.raises(MappingError, match="topic"):
        dry_run(table[0], table[1], console=QUIET)


def test_the_example_of_the_manual_works_as_printed(tmp_path):
    manual = (ROOT / "docs" / "mapping.md").read_text(encoding="utf-8")
    for kind in ("csv", "toml"):
        block = manual.partition(f"```{kind}\n")[2].partition("```")[0]
        (tmp_path / f"example.{kind}").write_text(block, encoding="utf-8")
    account = dry_run(tmp_path / "example.csv", tmp_path / "example.toml", console=QUIET)
    assert (account.rows, account.used, account.facts, account.refused) == (2, 2, 2, [])


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        ("접수번호".encode("cp949"), "cases.csv", "cp949"),
        (gzip.compress(b"case,what" * 1000, mtime=0)[:-20], "cases.csv.gz", "to its end"),
        (b"no gzip at all", "cases.csv.gz", "to its end"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(table, tmp_path, content, name, says):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=says):
        dry_run(tmp_path / name, table[1], console=QUIET)


@pytest.mark.parametrize("form", ["a line each", "an array", "an array on many lines"])
def test_an_event_that_is_no_proper_json_is_refused_alone_and_set_aside_until_it_is_mended(door, tmp_path, form):
    def post(path: Path):
        return asyncio.run(post_file(path, tmp_path / "outbox.db", door.url, door.tokens["EU-BRU"], console=QUIET))

    spoiled = {"half": b"\\ud83d", "other half": b"\\ude00x", "escape": b"\\x", "deep": b"[" * 5000 + b"]" * 5000}
    events = [msgspec.json.encode(opened("case:1", "good"))]
    for name, bad in spoiled.items():
        it = msgspec.json.encode(opened("case:2", name))
        events += [it.replace(b'"visa"', bad if name == "deep" else b'"' + bad + b'"')]
    events += [msgspec.json.encode(opened(f"case:{n}", str(n))) for n in (3, 4)]
    events[0] = events[0].replace(b"visa", b"a\\u0000b")
    if form == "an array on many lines":
        events = [it.replace(b",", b",\n  ") for it in events]
    file = tmp_path / "events.json"
    file.write_bytes(b"\n".join(events) if form == "a line each" else b"[" + b",\n".join(events) + b"]\n")
    account = post(file)
    assert (account.facts, account.recorded, len(account.refused)) == (7, 2, 5)
    assert "half of a surrogate pair" in account.refused[1].reason
    assert "U+0000" in account.refused[0].reason
    refused = account.refused_file
    for _ in range(2):
        left = refused.read_bytes().splitlines()
        assert [name for it in left for name in ("good", *spoiled) if f'"{name}"'.encode() in it] == ["good", *spoiled]
        assert all(it.count(b'"refused":') == 1 for it in left)
        assert post(refused).recorded == 0
    mended = refused.read_bytes().replace(b"\\u0000", b" ")
    for bad in spoiled.values():
        mended = mended.replace(bad, b'"tax"' if bad[:1] == b"[" else b"tax")
    refused.write_bytes(mended)
    account = post(refused)
    assert (account.recorded, account.refused, account.refused_file) == (5, [], None)
    assert "refused" not in door.get("/v1/streams/case:2").raw.decode()


def test_a_file_of_events_that_is_not_utf_8_names_the_line(tmp_path):
    (tmp_path / "e.ndjson").write_bytes(b'{"id":"1"}\n' + '{"id":"가"}\n'.encode("cp949"))
    with pytest.raises(ValueError, match="line 2 is not UTF-8"):
        asyncio.run(post_file(tmp_path / "e.ndjson", tmp_path / "outbox.db", "http://127.0.0.1:9", "t", console=QUIET))


def test_a_login_page_in_between_is_not_taken_for_the_record(door, tmp_path):
    (tmp_path / "event.json").write_bytes(msgspec.json.encode(opened("case:1", "1")))

    async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>")

    async def main() -> None:
        server = await asyncio.start_server(page, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(SendingStopped, match="login page"):
            await post_file(tmp_path / "event.json", tmp_path / "outbox.db", url, "t", console=QUIET)
        server.close()

    asyncio.run(main())
    with Outbox(tmp_path / "outbox.db") as box:
        assert box.waiting() == 1


def test_a_client_that_is_told_to_wait_waits_and_sends_again(door, tmp_path):
    door.engine.quotas = Quotas(Limits(requests=60))
    door.post(opened("case:1", "1"))
    quota = door.engine.quotas.of(next(iter(door.engine.quotas._of)))
    with contextlib.suppress(Problem):
        while True:
            quota.ask()
    events = tmp_path / "events.json"
    events.write_bytes(msgspec.json.encode([opened("case:1", "2")]))
    account = asyncio.run(post_file(events, tmp_path / "outbox.db", door.url, door.tokens["EU-BRU"], console=QUIET))
    assert account.recorded == 1


def test_an_event_that_is_too_large_for_any_batch_is_set_aside_and_the_others_go_on(door, tmp_path):
    events = tmp_path / "events.json"
    vast = opened("case:2", "2") | {"note": "x" * (MOST_BODY_BYTES + 1)}
    events.write_bytes(msgspec.json.encode([opened("case:1", "1"), vast, opened("case:3", "3")]))
    account = asyncio.run(post_file(events, tmp_path / "outbox.db", door.url, door.tokens["EU-BRU"], console=QUIET))
    assert account.recorded == 2
    (reason,) = [it.reason for it in account.refused]
    assert reason.startswith(f"a body has at most {MOST_BODY_BYTES} bytes")


def test_what_is_no_utf8_is_nobodys_traceback(tmp_path):
    assert refusals.type_of(b'{"type":"\xf9"}') == ""
    (tmp_path / "person.json").write_bytes(b'{"name_ko":"\xf9"}')
    said = command("person", "add", tmp_path / "person.json", "--data", tmp_path, token="x").output
    assert "Traceback" not in said
    assert "person.json" in said
