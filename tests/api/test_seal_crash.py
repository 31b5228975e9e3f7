"""A server killed while it seals and signs: the tree is as if it had not happened, and no promise is broken."""

from __future__ import annotations

import http.client
import random
import threading
import time

from journal.log import keys, leaves, note, tlog
from journal.log.checkpoint import Checkpoint
from journal.store.journal import Journal
from tests.api.door import BATCH, opened
from tests.api.test_crash import Server
from tests.commands import command
from tests.journal.test_tlog import Leaves

KILLS = 8


def checkpoint(address: str, query: str = "") -> str | None:
    """The checkpoint that a server shows, None when it is gone or has none."""
    connection = http.client.HTTPConnection(address, timeout=10)
    try:
        connection.request("GET", f"/v1/log/checkpoint{query}")
        answer = connection.getresponse()
        return answer.read().decode() if answer.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def test_killed_again_and_again_while_sealing_it_never_shows_two_trees_of_one_size(tmp_path):
    rng = random.Random(9)
    seen: dict[int, str] = {}
    shown = 0
    token = ""
    for round_ in range(KILLS):
        server = Server(tmp_path)
        token = token or server.founded()
        stop = threading.Event()

        def post(
            server: Server = server, round_: int = round_, token: str = token, stop: threading.Event = stop
        ) -> None:
            n = 0
            while not stop.is_set():
                batch = [opened(f"case:{round_}-{n}", f"{round_}-{n}-{k}") for k in range(40)]
                try:
                    server.ask("POST", "/v1/events", batch, token, BATCH)
                except (OSError, http.client.HTTPException):
                    return
                n += 1

        def watch(server: Server = server, stop: threading.Event = stop) -> None:
            nonlocal shown
            while not stop.is_set():
                asked = f"?size={rng.choice(list(seen))}" if seen and rng.random() < 0.3 else ""
                if text := checkpoint(server.address, asked):
                    body = note.split_note(text)[0]
                    assert seen.setdefault(Checkpoint.parse(body).size, body) == body
                    shown += 1

        posting, watching = threading.Thread(target=post), threading.Thread(target=watch)
        before, end = len(seen), time.monotonic() + 30
        posting.start()
        watching.start()
        while len(seen) < before + 2:
            assert time.monotonic() < end, "no checkpoint comes"
            time.sleep(0.02)
        # Anywhere between two checkpoints, the second of which is being made.
        time.sleep(rng.random() * 0.6)
        server.kill()
        stop.set()
        posting.join()
        watching.join()
        on_disk = note.split_note((tmp_path / "log" / "checkpoint").read_text())[0]
        assert seen.setdefault(Checkpoint.parse(on_disk).size, on_disk) == on_disk
        assert Checkpoint.parse(on_disk).size >= max(seen)
    server = Server(tmp_path)
    with Journal.at(tmp_path / "journal.db") as journal:
        text = checkpoint(server.address, f"?position={journal.position}")
        entries = [
            leaves.log_entry(head, stored) for _, head, stored in leaves.read_leaves(journal.entries, 0, 10_000_000)
        ]
    server.stop()
    assert text
    last = Checkpoint.opened(text, keys.verifier_keys(tmp_path))[0]
    assert last.size == len(entries)
    whole = Leaves(entries)
    for it in (last, *map(Checkpoint.parse, seen.values())):
        assert tlog.root(it.size, whole) == it.root
    assert shown > len(seen) >= 2 * KILLS
    done = command("verify", "--data", tmp_path)
    assert done.returncode == 0, done.output
    assert f"sealed: {len(entries)} entries" in done.stdout
