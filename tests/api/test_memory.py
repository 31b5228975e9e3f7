"""A server's memory is bounded by what it does at once, not by how many threads have done it, nor for how long."""

from __future__ import annotations

import contextlib
import platform
import re
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest

from api import serve
from api.formats import encode_rows, encode_table
from api.http import read_routes, work
from api.serve import ARENAS
from projections.plain import json_rows
from replay.editions import period_figures
from replay.editions.period_figures import FigureCache
from tests.api.door import BATCH, Door, opened
from tests.api.test_crash import ROOT, Server, until

glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="what is bounded is glibc's")

USED_AND_FREED = """
import os, threading
from api.serve import bound_freed_memory
import pyarrow as pa, pyarrow.compute as pc

bound_freed_memory()
texts = pc.cast(pa.array(range(500_000)), pa.string())
turns, used, over = [threading.Event() for _ in range(32)], threading.Event(), threading.Event()

def use(turn):
    turn.wait()
    column = pc.binary_join_element_wise(texts, texts, "-")
    values = [bytes(600 + n % 3000) for n in range(5000)]
    del column, values
    used.set()
    over.wait()

threads = [threading.Thread(target=use, args=(turn,)) for turn in turns]
for thread in threads:
    thread.start()
sizes = []
for turn in turns:
    turn.set()
    used.wait()
    used.clear()
    sizes.append(int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
over.set()
print(sizes[-1] - sizes[3])
"""


@glibc
def test_what_one_thread_freed_is_used_by_the_next() -> None:
    found = subprocess.run([sys.executable, "-c", USED_AND_FREED], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(found.stdout) < 40 * 2**20  # 160 MiB where each keeps its own


FREED_BETWEEN = """
import os
from api.serve import bound_freed_memory, give_freed_memory_back

def size():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

bound_freed_memory()
values = [bytes(600 + n % 3000) for n in range(50_000)]
most = size()
kept = values[::100]
del values
give_freed_memory_back()
print(most - size())
"""


@glibc
def test_what_was_freed_between_what_is_in_use_goes_back_to_the_kernel() -> None:
    found = subprocess.run([sys.executable, "-c", FREED_BETWEEN], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(found.stdout) > 70 * 2**20  # of 100 MiB; none where glibc is left alone


ASKED_OF_DUCKDB = """
import os, time
from projections.mirror.mirror import Mirror

SORTED = "SELECT n % 1_000_000 AS k, string_agg(n::VARCHAR) AS s FROM range(1_500_000) AS r(n) GROUP BY ALL ORDER BY s"

def size():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

mirror = Mirror()
before, until = size(), time.monotonic() + 5
with mirror.reading() as reading:
    reading.rows(f"SELECT max(s) FROM (SELECT s, row_number() OVER (ORDER BY s) AS n FROM ({SORTED}))")
while size() > before + 16 * 2**20 and time.monotonic() < until:
    time.sleep(0.05)
print(size() - before)
"""


@glibc
def test_what_a_query_of_the_tables_took_goes_back_though_nobody_asks_again() -> None:
    command = [sys.executable, "-c", ASKED_OF_DUCKDB]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(found.stdout) < 24 * 2**20  # 75 MiB and more without threads of the allocator


def test_a_server_gives_freed_memory_back_while_it_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = []
    monkeypatch.setattr(serve, "GIVING_BACK_SECONDS", 0.01)
    monkeypatch.setattr(serve, "give_freed_memory_back", lambda: given.append(True))
    door = Door(tmp_path)
    until(lambda: len(given) > 1)
    door.close()


def test_tables_that_others_replaced_are_closed_and_take_no_memory(tmp_path: Path) -> None:
    server = Server(tmp_path)
    hub = server.founded()
    until(lambda: server.ask("GET", "/v1/views/cases", None, hub)[0] == 200)
    for _ in range(3):
        assert server.ask("POST", "/v1/mirror/rebuild", None, server.token)[0] == 200
    until(lambda: len(opened_mirrors(server.process.pid)) == 1)
    server.stop()


def opened_mirrors(pid: int) -> set[str]:
    """The files of mirrors that a process has open, also those that were removed."""
    found = set()
    for it in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found |= {*re.findall(r"mirror-\d+\.duckdb(?!\.wal)", str(it.readlink()))}
    return found


def test_answers_are_remembered_up_to_a_length_and_the_longest_is_forgotten_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(period_figures, "REMEMBERED_BYTES", 1000)
    cache, made = FigureCache(None), list[str]()  # type: ignore[arg-type]

    def written(name: str, length: int) -> str:
        made.append(name)
        return "x" * length

    def ask(name: str, length: int) -> None:
        assert cache.once(name, lambda: written(name, length)) == "x" * length

    for name, length in {"short": 100, "long": 600, "longer": 700, "too long": 2000, "another": 100}.items():
        ask(name, length)
    made.clear()
    for name, length in {"short": 100, "long": 600, "another": 100, "longer": 700, "too long": 2000}.items():
        ask(name, length)
    assert made == ["longer", "too long"]


def test_a_long_answer_that_is_kept_lies_in_a_file_from_which_several_read_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_routes, "CHUNK", 100)
    monkeypatch.setattr(work, "CHUNK", 10)
    door = Door(tmp_path)
    door.post([opened(f"case:{n}", f"{n}") for n in range(20)])
    last = door.engine.journal.position
    assert door.get(f"/v1/views/cases?after={last}").status == 200
    asked = f"/v1/diff?a=1&b={last}"
    place = door.get(asked, who="auditor", Prefer="respond-async").headers["Location"]
    with ThreadPoolExecutor(4) as threads:
        found = [threads.submit(door.get, f"{place}/answer", who="auditor") for _ in range(4)]
        assert {it.result().raw for it in found} == {door.get(asked, who="auditor").raw}
    kept = door.engine.works._works[place.rpartition("/")[2]].task.result()
    assert not isinstance(kept.body, bytes)
    door.close()


@glibc
def test_a_server_has_few_arenas_however_many_threads_it_has(tmp_path: Path) -> None:
    server = Server(tmp_path)
    token = server.founded()
    assert server.ask("POST", "/v1/events", [opened(f"case:{n}", f"{n}") for n in range(500)], token, BATCH)[0] == 201
    until(lambda: server.ask("GET", "/v1/views/cases?after=500", None, token)[0] == 200)
    with ThreadPoolExecutor(24) as threads:
        asked = [threads.submit(server.ask, "GET", "/v1/views/cases", None, token) for _ in range(24)]
        assert {it.result()[0] for it in asked} == {200}
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    assert int(re.findall(r"Threads:\s+(\d+)", status)[0]) > 20
    assert arenas(server.process.pid) <= ARENAS + 2
    assert all(end - begin < 2**30 for begin, end, _ in mapped(server.process.pid))  # which mimalloc reserves
    server.stop()


def arenas(pid: int) -> int:
    """The arenas of threads: each begins a reservation of 64 MiB, of which a part may be used."""
    return sum(
        begin % 2**26 == 0 and end == other and after == begin + 2**26 and mode == "---p"
        for (begin, end, _), (other, after, mode) in pairwise(mapped(pid))
    )


def mapped(pid: int) -> list[tuple[int, int, str]]:
    lines = re.findall(r"^(\w+)-(\w+) (\S+)", Path(f"/proc/{pid}/maps").read_text(), re.MULTILINE)
    return [(int(begin, 16), int(end, 16), mode) for begin, end, mode in lines]


def test_rows_are_written_as_json_with_few_of_them_as_python_values() -> None:
    count = 50_000
    table = pa.table({name: [f"{name} of {n}" for n in range(count)] for name in ("stream", "hub", "topic", "reason")})
    for format_ in ("json", "ndjson"):
        tracemalloc.start()
        body = encode_table(table, format_)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < 4 * len(body)  # 10 times as much where all rows are values at once


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 2500])
def test_rows_written_a_slice_at_a_time_are_those_written_at_once(count: int) -> None:
    table = pa.table({"n": range(count), "moment": pa.array([0] * count, pa.timestamp("us"))})
    rows = json_rows(table)
    assert encode_rows(table) == msgspec.json.encode(rows)
    assert encode_table(table, "ndjson") == b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
