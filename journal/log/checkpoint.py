"""Checkpoints (C2SP tlog-checkpoint): how long a record is and the root of the tree over all of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from journal.log import note
from journal.log.note import MalformedNote, Signature, VerifierKey

MOST_SIZE = 2**63 - 1


class Checkpoint(NamedTuple):
    """The head of a log's tree: `size` entries under an RFC 6962 `root` of 32 bytes. `origin` names the log."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What is signed: a line each for origin, decimal size, base64 root and any extensions."""
        return "".join(
            f"{line}\n" for line in (self.origin, self.size, note.encode_base64(self.root), *self.extensions)
        )

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Raises MalformedNote unless it is exactly what `text` of a checkpoint is."""
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop() or not all(lines):
            raise MalformedNote("note.lines")
        origin, size, root, *extensions = lines
        return cls(origin, parse_size(size), parse_digest(root), tuple(extensions))

    @classmethod
    def opened(cls, signed: str | bytes, trusted: Iterable[VerifierKey]) -> tuple[Checkpoint, list[Signature]]:
        """A signed checkpoint and the signatures of trusted keys on it. Raises NoteError as `note.opened` does."""
        text, signatures = note.open_note(signed, trusted)
        return cls.parse(text), signatures


def parse_size(text: str) -> int:
    """A size in ASCII digits without leading zeros. Raises MalformedNote."""
    if not (
        text.isascii() and text.isdecimal() and len(text) < 20 and str(int(text)) == text and int(text) <= MOST_SIZE
    ):
        raise MalformedNote("note.size")
    return int(text)


def parse_digest(text: str) -> bytes:
    """A SHA-256 digest from base64. Raises MalformedNote."""
    data = note.decode_base64(text)
    if data is None or len(data) != 32:
        raise MalformedNote("note.digest")
    return data
