"""A record as a witness sees it: a name, a key, and a tree that grows or, if it lies, forks."""

from __future__ import annotations

import secrets

from journal.log import tlog
from journal.log.checkpoint import Checkpoint
from journal.log.note import SigningKey, signed_note
from tests.journal.test_tlog import Leaves


class Log:
    def __init__(self, name: str = "record.example.kr/sagwan", entries: int = 0, key: SigningKey | None = None) -> None:
        self.name = name
        self.key = key or SigningKey.generate(name)
        self.entries: list[bytes] = []
        self.grow(entries)

    def grow(self, more: int) -> Log:
        self.entries += [secrets.token_bytes(8) for _ in range(more)]
        return self

    def fork(self, at: int, more: int) -> Log:
        """Another record under the same key that is the same up to `at`."""
        other = Log(self.name, key=self.key)
        other.entries = self.entries[:at]
        return other.grow(more)

    @property
    def size(self) -> int:
        return len(self.entries)

    def root(self, size: int) -> bytes:
        return tlog.root(size, Leaves(self.entries))

    def checkpoint(self, size: int | None = None) -> str:
        size = self.size if size is None else size
        text = Checkpoint(self.name, size, self.root(size)).text
        return signed_note(text, self.key.sign(text))

    def proof(self, old: int, size: int | None = None) -> list[bytes]:
        return tlog.consistency(old, self.size if size is None else size, Leaves(self.entries))
