"""The hub's client on a bad day: crashes, no network, a table with mistakes."""

from __future__ import annotations

import asyncio
import csv
import gzip
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from api.app import MOST_BYTES
from api.client import Stopped, dry_run, import_file, post_file
from api.mapping import Mapping, MappingError
from api.outbox import Outbox, OutboxBusy
from tests.api.door import Door, opened

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


def run(table, door: Door, outbox: Path):
    return asyncio.run(import_file(*table, outbox, door.url, door.tokens["EU-BRU"], console=QUIET))


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
    account = dry_run(*table, console=QUIET)
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
    (line,) = account.refused_file.read_bytes().splitlines()
    mended = msgspec.json.decode(line) | {"subject": "case:2"}
    events.write_bytes(msgspec.json.encode(mended))
    again = asyncio.run(post_file(events, tmp_path / "outbox.db", door.url, door.tokens["EU-BRU"], console=QUIET))
    assert (again.recorded, again.refused) == (1, [])


def test_without_a_network_nothing_is_lost_and_the_same_command_resumes(table, door, tmp_path, monkeypatch):
    monkeypatch.setattr("api.client.ATTEMPTS", 2)
    away = asyncio.run
    with pytest.raises(Stopped, match="nothing is lost"):
        away(import_file(*table, tmp_path / "outbox.db", "http://127.0.0.1:9", "t", console=QUIET))
    with Outbox(tmp_path / "outbox.db") as box:
        assert box.waiting() == 2
    account = run(table, door, tmp_path / "outbox.db")
    assert (account.earlier, account.recorded, account.duplicates) == (2, 2, 2)


def test_a_wrong_token_stops_and_keeps_what_waits(table, door, tmp_path):
    with pytest.raises(Stopped, match="live token"):
        asyncio.run(import_file(*table, tmp_path / "outbox.db", door.url, "nonsense", console=QUIET))
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
        dry_run(*table, console=QUIET)


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
        (gzip.compress(b"case,what" * 1000)[:-20], "cases.csv.gz", "to its end"),
        (b"no gzip at all", "cases.csv.gz", "to its end"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(table, tmp_path, content, name, says):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=says):
        dry_run(tmp_path / name, table[1], console=QUIET)


def test_a_login_page_in_between_is_not_taken_for_the_record(door, tmp_path):
    (tmp_path / "event.json").write_bytes(msgspec.json.encode(opened("case:1", "1")))

    async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>")

    async def main() -> None:
        server = await asyncio.start_server(page, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(Stopped, match="login page"):
            await post_file(tmp_path / "event.json", tmp_path / "outbox.db", url, "t", console=QUIET)
        server.close()

    asyncio.run(main())
    with Outbox(tmp_path / "outbox.db") as box:
        assert box.waiting() == 1


def test_an_event_that_is_too_large_for_any_batch_is_set_aside_and_the_others_go_on(door, tmp_path):
    events = tmp_path / "events.json"
    vast = opened("case:2", "2") | {"note": "x" * (MOST_BYTES + 1)}
    events.write_bytes(msgspec.json.encode([opened("case:1", "1"), vast, opened("case:3", "3")]))
    account = asyncio.run(post_file(events, tmp_path / "outbox.db", door.url, door.tokens["EU-BRU"], console=QUIET))
    assert account.recorded == 2
    assert [it.reason for it in account.refused] == ["the body is over the limit; post smaller batches"]
