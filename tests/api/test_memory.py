"""A server's memory is bounded by what it does at once, not by how many threads have done it, nor for how long."""

from __future__ import annotations

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

from api.formats import encode_rows, encode_table
from api.serve import ARENAS
from projections.plain import json_rows
from tests.api.door import BATCH, opened
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
