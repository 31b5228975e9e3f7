"""The tree as C2SP tlog-tiles has it, a file for each level of tiles: `level-0` is every leaf's hash, `level-1` the
root over every 256 of them, and so on. The nth tile of a level is the nth 8,192 bytes of its file.

The files only grow: what a committed size counts is never written again, so a `Tree` of that size is immutable, and its
readers are not disturbed while `GrowingTree` goes on. One file per level, not per tile: creating a file costs more than
hashing its 256 leaves.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from journal.durable_files import sync_folder
from journal.log import tlog
from journal.log.tlog import Node

WIDTH = 256
HASH = 32
LEVELS = 8
"""The number of levels of tiles; enough for 2**64 leaves."""


class DamagedTree(Exception):
    """The tree's files do not hold what they must; the message says which."""


class Tile(NamedTuple):
    """The hashes `nth * 256` and following, `width` of them, of the full subtrees of 256**level leaves."""

    level: int
    nth: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """What follows `tile/`: `0/x001/x234/067` or `0/000.p/5`."""
        digits = str(self.nth)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        whole = "/".join([str(self.level), *(f"x{group}" for group in groups[:-1]), groups[-1]])
        return whole if self.width == WIDTH else f"{whole}.p/{self.width}"

    @classmethod
    def parse(cls, path: str) -> Tile:
        """Reads what follows `tile/`. Raises ValueError unless it is the one way to write it."""
        if found := re.fullmatch(r"(\d{1,2})/((?:x\d{3}/){0,5}\d{3})(?:\.p/(\d{1,3}))?", path, re.ASCII):
            tile = cls(int(found[1]), int(re.sub(r"[x/]", "", found[2])), int(found[3] or WIDTH))
            if tile.path == path and 0 < tile.width <= WIDTH:
                return tile
        raise ValueError("a tile is <level>/<number in groups of three digits>[.p/<width>]")

    @property
    def leaves(self) -> int:
        """How many leaves a tree has at least when it has this tile."""
        return (self.nth * WIDTH + self.width) << (8 * self.level)


class Levels:
    """The files of a tree, open to read or to append."""

    def __init__(self, directory: Path, *, write: bool = False) -> None:
        self._directory = directory
        self._write = write
        self._files: dict[int, int] = {}

    def read(self, level: int, first: int, count: int) -> bytes:
        """Hashes of a level, one after the other. Raises DamagedTree when they are not there."""
        hashes = self.there(level, first, count)
        if len(hashes) != count * HASH:
            raise DamagedTree(f"{self._name(level)} ends before hash {first + count}")
        return hashes

    def there(self, level: int, first: int, count: int) -> bytes:
        """As `read`, but only those that are there."""
        try:
            hashes = os.pread(self._file(level), count * HASH, first * HASH)
        except FileNotFoundError:
            return b""
        return hashes[: len(hashes) // HASH * HASH]

    def write(self, level: int, first: int, hashes: bytes) -> None:
        """Puts hashes behind the first ones of a level."""
        file, at = self._file(level), first * HASH
        view = memoryview(hashes)
        while view:
            written = os.pwrite(file, view, at)
            view, at = view[written:], at + written

    def sync(self, level: int) -> None:
        os.fsync(self._file(level))

    def close(self) -> None:
        for file in self._files.values():
            os.close(file)
        self._files = {}

    def _name(self, level: int) -> Path:
        return self._directory / f"level-{level}"

    def _file(self, level: int) -> int:
        if level not in self._files:
            flags = os.O_RDWR | os.O_CREAT if self._write else os.O_RDONLY
            file = os.open(self._name(level), flags, 0o644)
            if self._write:
                sync_folder(self._directory)
            if self._files.setdefault(level, file) != file:
                os.close(file)
        return self._files[level]


class Tree(NamedTuple):
    """A tree of `size` leaves."""

    levels: Levels
    size: int = 0

    def tile(self, tile: Tile) -> bytes:
        """The hashes of a tile that this tree has. Raises DamagedTree when they are not on disk."""
        return self.levels.read(tile.level, tile.nth * WIDTH, tile.width)

    def hashes(self, nodes: Sequence[Node]) -> list[bytes]:
        """As a `HashReader`; it reads each tile once."""
        tiles: dict[tuple[int, int], bytes] = {}
        found = []
        for level, nth in nodes:
            tall, low = divmod(level, 8)
            at, first = divmod(nth << low, WIDTH)
            if (tall, at) not in tiles:
                width = min(WIDTH, (self.size >> (8 * tall)) - at * WIDTH)
                tiles[tall, at] = self.levels.read(tall, at * WIDTH, width)
            found.append(root_of_full_tree(tiles[tall, at][first * HASH : (first + (1 << low)) * HASH]))
        return found


def root_of_full_tree(hashes: bytes) -> bytes:
    """The root over 2**k hashes."""
    sha256 = hashlib.sha256
    while len(hashes) > HASH:
        pairs = range(0, len(hashes), 2 * HASH)
        hashes = b"".join([sha256(b"\x01" + hashes[at : at + 2 * HASH]).digest() for at in pairs])
    return hashes


class GrowingTree:
    """Extends a tree. What was appended is durable when `sync` returns, not before."""

    def __init__(self, tree: Tree) -> None:
        self._levels = tree.levels
        self._size = tree.size
        self._touched: set[int] = set()
        self._partial = []
        for level in range(LEVELS):
            count = tree.size >> (8 * level)
            self._partial.append(tree.levels.read(level, count - count % WIDTH, count % WIDTH) if count else b"")

    def append(self, hashes: bytes) -> None:
        """Adds leaves by their hashes."""
        self._append(0, self._size, hashes)
        self._size += len(hashes) // HASH

    def _append(self, level: int, count: int, hashes: bytes) -> None:
        self._levels.write(level, count, hashes)
        self._touched.add(level)
        tile, whole = WIDTH * HASH, self._partial[level] + hashes
        end = len(whole) // tile * tile
        self._partial[level] = whole[end:]
        if end:
            roots = b"".join([root_of_full_tree(whole[at : at + tile]) for at in range(0, end, tile)])
            self._append(level + 1, count // WIDTH, roots)

    def root(self) -> bytes:
        """The root of the tree as it is now."""
        parts = []
        for partial in reversed(self._partial):
            at, rest = 0, len(partial) // HASH
            while rest:
                width = 1 << (rest.bit_length() - 1)
                parts.append(root_of_full_tree(partial[at : at + width * HASH]))
                at, rest = at + width * HASH, rest - width
        return tlog.root_of_subtrees(parts)

    def sync(self) -> None:
        """Returns when all that was appended is durable."""
        for level in self._touched:
            self._levels.sync(level)
        self._touched.clear()
