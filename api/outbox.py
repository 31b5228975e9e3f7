"""The outbox (보낼 편지함): what a hub means to post, on its own disk until the server has answered.

An event is in the file before anything is sent, and leaves it in the transaction that counts the server's
answer. After a crash or a lost network it is sent again; its identity keeps it from counting twice. So a
process may die at any moment and nothing is lost.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, TypeAlias

import msgspec
from msgspec import Raw, Struct

Status: TypeAlias = Literal["recorded", "duplicate", "refused"]

MOST_EVENTS = 1_000
MOST_BYTES = 4 * 1024 * 1024

_SCHEMA = """
CREATE TABLE IF NOT EXISTS event (seq INTEGER PRIMARY KEY AUTOINCREMENT, origin TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS refusal (
    seq INTEGER PRIMARY KEY, origin TEXT NOT NULL, body BLOB NOT NULL, problem BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS tally (status TEXT PRIMARY KEY, events INTEGER NOT NULL) WITHOUT ROWID;
"""


class Busy(Exception):
    """Another process has the outbox open."""


class Letter(Struct, frozen=True):
    """An event that waits. `origin` says where it came from, such as `cases.csv, row 12`; `body` is its JSON."""

    seq: int
    origin: str
    body: bytes


class Answer(Struct, frozen=True):
    """What the server said of one letter; `problem` when it refused it."""

    letter: Letter
    status: Status
    problem: Raw = Raw(b"{}")


class Refusal(Struct, frozen=True):
    """A refused event as it is kept and exported: mend `event`, then post the file again."""

    seq: int
    origin: str
    problem: Raw
    event: Raw


class Counts(Struct, frozen=True):
    """Events since the outbox was made, `waiting` and `kept` (refusals not dropped) as they are now."""

    waiting: int
    kept: int
    recorded: int
    duplicates: int
    refused: int


class Outbox:
    """One file, one process. Raises Busy when another process has it open. Not for two threads at once."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._db = sqlite3.connect(path, timeout=0, isolation_level=None)
        try:
            # The lock of exclusive mode is taken by the first write and goes with the process, however it ends.
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute("BEGIN EXCLUSIVE")
            for statement in _SCHEMA.split(";"):
                self._db.execute(statement)
            self._db.execute("COMMIT")
        except sqlite3.OperationalError as error:
            self._db.close()
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            raise Busy(f"{path} is in use by another process; wait for it to end, or name another outbox") from None

    def put(self, events: Iterable[tuple[str, bytes]]) -> int:
        """Takes events, each with its origin, all or none. When this returns they survive a crash. How many."""
        rows = list(events)
        with self._transaction():
            self._db.executemany("INSERT INTO event (origin, body) VALUES (?, ?)", rows)
        return len(rows)

    def batch(self, events: int = MOST_EVENTS, size: int = MOST_BYTES) -> list[Letter]:
        """The oldest that wait, at most so many and so many bytes, but one at least if any waits."""
        letters: list[Letter] = []
        for row in self._db.execute("SELECT seq, origin, body FROM event ORDER BY seq LIMIT ?", [events]):
            letter = Letter(*row)
            size -= len(letter.body) + 1
            if letters and size < 0:
                break
            letters.append(letter)
        return letters

    def settle(self, answers: Sequence[Answer]) -> None:
        """Forgets what was answered, but for its count and, where it was refused, the event and the reason."""
        with self._transaction():
            refused = [it for it in answers if it.status == "refused"]
            self._db.executemany(
                "INSERT INTO refusal VALUES (?, ?, ?, ?)",
                [(it.letter.seq, it.letter.origin, it.letter.body, bytes(it.problem)) for it in refused],
            )
            self._db.executemany("DELETE FROM event WHERE seq = ?", [(it.letter.seq,) for it in answers])
            self._db.executemany(
                "INSERT INTO tally VALUES (?, 1) ON CONFLICT (status) DO UPDATE SET events = events + 1",
                [(it.status,) for it in answers],
            )

    def counts(self) -> Counts:
        tally = dict(self._db.execute("SELECT status, events FROM tally"))
        ((waiting,),) = self._db.execute("SELECT count(*) FROM event")
        ((kept,),) = self._db.execute("SELECT count(*) FROM refusal")
        return Counts(waiting, kept, *(tally.get(status, 0) for status in ("recorded", "duplicate", "refused")))

    def refusals(self, after: int = 0) -> list[Refusal]:
        """What was refused and is still kept, oldest first, behind a `seq`."""
        rows = self._db.execute("SELECT seq, origin, problem, body FROM refusal WHERE seq > ? ORDER BY seq", [after])
        return [Refusal(seq, origin, Raw(problem), Raw(body)) for seq, origin, problem, body in rows]

    def export(self, path: Path) -> int:
        """Writes the refused events with their reasons, a JSON line each, as `sagwan post` takes them. How many."""
        refusals = self.refusals()
        path.write_bytes(b"".join(msgspec.json.encode(it) + b"\n" for it in refusals))
        return len(refusals)

    def drop(self, seqs: Iterable[int] | None = None) -> None:
        """Forgets refused events, all of them unless some are named. Nothing else is ever dropped."""
        with self._transaction():
            if seqs is None:
                self._db.execute("DELETE FROM refusal")
            else:
                self._db.executemany("DELETE FROM refusal WHERE seq = ?", [(seq,) for seq in seqs])

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Outbox:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _transaction(self) -> _Transaction:
        return _Transaction(self._db)


class _Transaction:
    """Commits on leaving, durable by then; rolls back on an error."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")
