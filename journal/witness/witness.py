"""A witness (C2SP tlog-witness): it remembers the longest head of each record it trusts and signs the next one only
when that one contains it.

What it promises with a cosignature: it has never signed a head of this record that this one does not continue.
Therefore the memory is in a file that is made once, with the key, and is never made again for the same key.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from domain.messages import Invalid, Message
from journal.durable_files import replace_file
from journal.folder import Folder
from journal.log import note, tlog
from journal.log.checkpoint import Checkpoint, parse_digest, parse_size
from journal.log.note import ED25519, MalformedNote, SigningKey, VerifierKey

log = logging.getLogger("sagwan.witness")

MOST_PROOF = 63
"""Hashes in a consistency proof that a client may send (C2SP tlog-witness)."""

SCHEMA = Path(__file__).with_name("witness.sql").read_text(encoding="utf-8")


class UnknownOrigin(Message):
    """This witness trusts no key of that record."""


class OtherSize(Message):
    """The proof does not start at what this witness saw last, which has `size` entries."""

    @property
    def size(self) -> int:
        return int(str(self.facts["size"]))


class ForkProven(OtherSize):
    """A trusted key signed two roots for one size. Both are kept."""


class SeenHead(NamedTuple):
    """The longest head that a witness has seen of a record; `note` is the checkpoint as its record signed it."""

    size: int = 0
    root: bytes = tlog.EMPTY_ROOT
    note: str = ""


class Proposal(NamedTuple):
    """What `add-checkpoint` is asked: a signed checkpoint, and the proof that it continues the head of size `old`."""

    old: int
    proof: Sequence[bytes]
    checkpoint: str

    def __str__(self) -> str:
        lines = (f"old {self.old}", *(note.encode_base64(it) for it in self.proof), "", self.checkpoint)
        return "\n".join(lines)

    @classmethod
    def parse(cls, body: bytes) -> Proposal:
        """Raises MalformedNote."""
        try:
            head, empty, checkpoint = body.decode().partition("\n\n")
        except UnicodeDecodeError:
            raise MalformedNote("note.request_utf8") from None
        first, *proof = head.split("\n")
        if not empty or not first.startswith("old "):
            raise MalformedNote("note.request")
        if len(proof) > MOST_PROOF:
            raise MalformedNote("note.hashes", most=MOST_PROOF)
        return cls(parse_size(first.removeprefix("old ")), [parse_digest(it) for it in proof], checkpoint)


class Memory:
    """What a witness trusts and has seen, in `witness.db` of its folder. Several processes may have it open."""

    def __init__(self, folder: Path) -> None:
        """Raises ValueError where `found` has not made one or it is damaged: a new one is never begun by mistake."""
        path = folder / "witness.db"
        if not path.exists():
            raise Invalid("witness.none", folder=folder)
        self._one_at_a_time = threading.RLock()
        self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        try:
            self._connection.execute("PRAGMA synchronous = FULL")
            ((key,),) = self._all("SELECT key FROM witness")
        except (sqlite3.DatabaseError, ValueError):
            self._connection.close()
            raise Invalid("witness.damaged", path=path) from None
        self.key = VerifierKey.parse(key)
        """The key of the witness whose memory this is."""

    @staticmethod
    def found(folder: Path, key: VerifierKey) -> None:
        """Makes the memory of a new witness. Raises FileExistsError when the folder has one."""
        path = folder / "witness.db"
        with open(path, "xb"):
            pass
        connection = sqlite3.connect(path, isolation_level=None)
        connection.executescript(f"PRAGMA journal_mode = WAL; BEGIN; {SCHEMA}")
        connection.execute("INSERT INTO witness VALUES (1, ?)", (str(key),))
        # Before this a crash leaves an empty file, which no witness takes for a memory.
        connection.execute("COMMIT")
        connection.close()

    def close(self) -> None:
        self._connection.close()

    def trust(self, key: VerifierKey) -> None:
        """From now on checkpoints that this key signs are looked at; the origin is the key's name."""
        if key.algorithm != ED25519:
            raise Invalid("witness.key", name=key.name)
        self._all("INSERT OR IGNORE INTO trusted VALUES (?, ?)", key.name, str(key))

    def distrust(self, key: VerifierKey) -> None:
        """Its checkpoints are no longer looked at; what was seen of the record stays."""
        self._all("DELETE FROM trusted WHERE key = ?", str(key))

    def keys(self, origin: str) -> list[VerifierKey]:
        return [VerifierKey.parse(key) for (key,) in self._all("SELECT key FROM trusted WHERE origin = ?", origin)]

    def trusted(self) -> list[VerifierKey]:
        return [VerifierKey.parse(key) for (key,) in self._all("SELECT key FROM trusted ORDER BY origin, key")]

    def head(self, origin: str) -> SeenHead:
        found = self._all("SELECT size, root, note FROM head WHERE origin = ?", origin)
        return SeenHead(*found[0]) if found else SeenHead()

    def remember(self, origin: str, head: SeenHead) -> None:
        upsert = "INSERT INTO head VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET size = ?2, root = ?3, note = ?4"
        self._all(upsert, origin, *head)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Nobody else reads or writes heads meanwhile; on disk when it is left without an exception."""
        with self._one_at_a_time:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _all(self, statement: str, *operands: object) -> list[Any]:
        with self._one_at_a_time:
            return self._connection.execute(statement, operands).fetchall()


class Witness:
    """The one process that signs with this memory. `update` may be called from several threads."""

    def __init__(self, folder: Path, key: SigningKey) -> None:
        """Raises Busy when another process is this witness, ValueError when the memory belongs to another key."""
        self.folder = Folder(folder)
        self.memory = Memory(folder)
        self._key = key
        try:
            if self.memory.key != key.verifier:
                raise Invalid("witness.other_key", folder=folder, whose=str(self.memory.key), key=str(key.verifier))
            self.folder.acquire()
        except BaseException:
            self.memory.close()
            raise

    def close(self) -> None:
        self.memory.close()
        self.folder.release()

    def update(self, proposal: Proposal) -> str:
        """The cosignature line on a checkpoint that continues what was seen.

        Raises MalformedNote, UnknownOrigin, NoTrustedSignature or BadSignature, OtherSize (ForkProven when the sizes
        are equal and the roots are not), NotProven.
        """
        text, _ = note.split_note(proposal.checkpoint)
        origin = Checkpoint.parse(text).origin
        keys = self.memory.keys(origin)
        if not keys:
            raise UnknownOrigin("witness.unknown", origin=origin)
        checkpoint, signatures = Checkpoint.opened(proposal.checkpoint, keys)
        if proposal.old > checkpoint.size:
            raise MalformedNote("note.old_size", old=proposal.old, size=checkpoint.size)
        seen = SeenHead(checkpoint.size, checkpoint.root, note.signed_note(text, *(it.line for it in signatures)))
        with self.memory.transaction():
            head = self.memory.head(origin)
            if proposal.old != head.size:
                raise OtherSize("witness.size", origin=origin, size=head.size)
            if seen.size == head.size and seen.root != head.root:
                self._accuse("FORK: the record signed two roots for one size", origin, head, seen)
                raise ForkProven("witness.fork", origin=origin, size=head.size)
            try:
                tlog.check_consistency(proposal.proof, head.size, head.root, seen.size, seen.root)
            except tlog.NotProven:
                if head.note:
                    self._accuse("UNPROVEN: no proof that the later head continues the earlier", origin, head, seen)
                raise
            self.memory.remember(origin, seen)
            # The time is taken while nobody can move the head: it is the largest seen as of then.
            line = self._key.cosign(text, int(time.time()))
        # Only here is the head on disk, so only from here may the signature go out. A crash before leaves
        # the old head or the new one, and a signature that nobody has.
        return line

    def _accuse(self, what: str, origin: str, head: SeenHead, seen: SeenHead) -> None:
        """Says it loudly, and keeps both signed checkpoints in a file that speaks for itself."""
        folder = self.folder.path / "refused"
        folder.mkdir(exist_ok=True)
        # One file for each pair, however often it is sent.
        path = folder / f"{hashlib.sha256((head.note + seen.note).encode()).hexdigest()[:32]}.txt"
        log.critical(
            "%s: %s, size %d root %s, against size %d root %s; both are kept in %s",
            what,
            origin,
            head.size,
            head.root.hex(),
            seen.size,
            seen.root.hex(),
            path,
        )
        if path.exists():
            return
        now = datetime.now(UTC).isoformat(timespec="seconds")
        content = f"{what}.\nRefused by {self._key.verifier} at {now}.\n\n"
        content += f"--- seen before\n{head.note}\n--- refused\n{seen.note}"
        replace_file(path, content.encode())
