"""What is put into the outbox stays until it is answered, whatever happens to the process."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

from api.hub import outbox
from api.hub.outbox import Outbox, OutboxBusy
from tests.before.records import FIRST

ROOT = Path(__file__).parent.parent.parent


def test_what_was_put_is_there_after_reopening_oldest_first(tmp_path):
    with Outbox(tmp_path / "o.db") as box:
        box.put((n, b"%d" % n) for n in range(3))
    with Outbox(tmp_path / "o.db") as box:
        assert [(it.row, it.event) for it in box.batch(10)] == [(0, b"0"), (1, b"1"), (2, b"2")]
        assert [it.event for it in box.batch(2)] == [b"0", b"1"]


def test_a_put_that_breaks_off_takes_nothing(tmp_path):
    def breaking():
        yield 1, b"{}"
        raise RuntimeError

    with Outbox(tmp_path / "o.db") as box:
        with pytest.raises(RuntimeError):
            box.put(breaking())
        assert box.waiting() == 0
        box.put([(1, b"{}")])
        assert box.waiting() == 1


def test_a_batch_is_bounded_by_size_but_is_never_empty_while_something_waits(tmp_path, monkeypatch):
    monkeypatch.setattr(outbox, "MOST_BYTES", 10)
    with Outbox(tmp_path / "o.db") as box:
        box.put([(1, b"x" * 50), (2, b"x" * 6), (3, b"x" * 6)])
        for row in (1, 2, 3):
            batch = box.batch(100)
            assert [it.row for it in batch] == [row]
            box.settle(batch, {})
        assert box.batch(100) == []


def test_refused_events_stay_with_their_reason_until_they_are_dropped(tmp_path):
    with Outbox(tmp_path / "o.db") as box:
        box.put([(7, b'{"id":"a"}'), (8, b'{"id":"b"}')])
        batch = box.batch(10)
        box.settle(batch, {batch[1].number: "no such hub"})
        assert box.waiting() == 0
    with Outbox(tmp_path / "o.db") as box:
        assert box.refusals() == [(8, b'{"id":"b"}', "no such hub")]
        box.drop_refusals()
        assert box.refusals() == []


def test_a_number_is_never_used_twice(tmp_path):
    with Outbox(tmp_path / "o.db") as box:
        box.put([(1, b"1")])
        first = box.batch(1)
        box.settle(first, {})
        box.put([(2, b"2")])
        assert box.batch(1)[0].number > first[0].number


def raw(folder: Path) -> bytes:
    """Every byte of every file in a folder."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


@pytest.mark.parametrize("length", [20, 700, 5_000])
def test_a_closed_outbox_holds_no_byte_of_what_was_answered_and_taken_out(tmp_path, length):
    with Outbox(tmp_path / "o.db") as box:
        box.put((n, b"<%05d>" % n + b"x" * length) for n in range(600))
        first, second, third = (box.batch(n) for n in (250, 300, 350))
        box.settle(first, {it.number: "<a reason>" for it in first[::10]})
        box.settle(second[250:], {})
        box.drop_refusals()
        box.settle(third[300:], {})
    held = raw(tmp_path)
    assert [n for n in range(600) if b"<%05d>" % n in held] == list(range(350, 600))
    assert b"<a reason>" not in held


KILLED = """
import os, signal, sys; from pathlib import Path; from api.hub.outbox import Outbox
box = Outbox(Path(sys.argv[1]))
box.put((n, b"<%05d>" % n + b"x" * 900) for n in range(400))
batch = box.batch(300)
box.settle(batch[:200], {it.number: "<a reason>" for it in batch[:50]})
if sys.argv[2] == "dropped": box.drop_refusals()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("dropped", ["dropped", "kept"])
def test_after_a_kill_what_was_answered_goes_when_the_outbox_is_opened_again(tmp_path, dropped):
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "o.db"), dropped], cwd=ROOT, check=False)
    assert b"<00100>" in raw(tmp_path)
    with Outbox(tmp_path / "o.db") as box:
        kept = [it[0] for it in box.refusals()] + [it.row for it in box.batch(1_000)]
        assert kept == [*(range(50) if dropped == "kept" else ()), *range(200, 400)]
        held = raw(tmp_path)
        assert [n for n in range(400) if b"<%05d>" % n in held] == kept


def test_an_outbox_of_the_release_before_opens_with_what_waits_and_what_was_refused(tmp_path):
    (tmp_path / "o.db").write_bytes((FIRST / "outbox.db").read_bytes())
    with Outbox(tmp_path / "o.db") as box:
        assert [it.row for it in box.batch(10)] == [3, 4]
        assert [(row, reason) for row, _, reason in box.refusals()] == [(2, "a reason")]


PUTS = """
import sys; from pathlib import Path; from api.hub.outbox import Outbox
box, n = Outbox(Path(sys.argv[1])), 0
while True:
    box.put([(n, b"%d" % n)]); print(n, flush=True); n += 1
"""


def start(path: Path) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", PUTS, str(path)], cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout
    return process, process.stdout


def test_a_killed_process_loses_nothing_it_had_put_and_leaves_no_lock(tmp_path):
    process, told = start(tmp_path / "o.db")
    put = [int(told.readline()) for _ in range(50)]
    process.send_signal(signal.SIGKILL)
    put += [int(line) for line in told.read().split()]
    process.wait()
    told.close()
    with Outbox(tmp_path / "o.db") as box:
        kept = [it.row for it in box.batch(1_000_000)]
    assert kept[: len(put)] == put
    assert len(kept) - len(put) in (0, 1)


def test_a_second_process_is_refused_while_the_first_has_it(tmp_path):
    process, told = start(tmp_path / "o.db")
    try:
        told.readline()
        with pytest.raises(OutboxBusy, match=r"o\.db"):
            Outbox(tmp_path / "o.db")
    finally:
        process.kill()
        process.wait()
        told.close()
