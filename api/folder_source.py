"""The record of a folder that nobody serves, as a source of reads."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from api.problems import Problem, position_ahead
from journal.folder import Folder, closed_to_others
from journal.log import keys
from journal.log.sealer import Sealer, SealFolder, SignedTree
from journal.store.journal import Journal
from journal.trusted_clock import now
from journal.witness.policy import Policy
from projections.mirror import mark
from projections.mirror.comparison import rows_as_of
from projections.mirror.files import open_checked, open_marked, open_mirror
from projections.mirror.mirror import Mirror
from replay.as_of import Opener
from replay.editions.period_figures import FigureCache


class FolderSource:
    """A `Source`. Nobody else writes while it is open, so nothing is waited for."""

    def __init__(self, journal: Journal, mirror: Mirror, folder: Folder) -> None:
        self.journal = journal
        self.mirror = mirror
        self.clock = mirror.clock = now
        self.reading, self.set_aside = mirror.reading, mirror.set_aside_positions
        self.figure_cache = FigureCache(mirror.reading, mirror.figure_reading)
        self._folder, self.files = folder, folder.files
        self._sealer: Sealer | None = None

    @property
    def figure_reading(self) -> Opener:
        self.mirror.settle()
        return self.mirror.figure_reading

    @property
    def sealer(self) -> Sealer:
        if self._sealer is None:
            log, signing = SealFolder(self._folder.log), keys.readable_keys(self._folder.path)
            self._sealer = Sealer(self.journal.entries, log, signing)
        if self._sealer.current is None:
            raise Problem(404, "log.empty", "serve")
        return self._sealer

    def wait_for_tables(self, position: int) -> None:
        if position > (last := self.journal.position):
            raise position_ahead(position, last)

    def wait_for_figures(self, position: int) -> None:
        self.wait_for_tables(position)

    def wait_for_seal(self, position: int) -> int:
        if not 0 < position <= self.journal.position:
            raise Problem(404, "event.none", position=position)
        if not (self.sealer.current and position <= self.sealer.position):
            raise Problem(503, "seal.behind", "serve", sealed=self.sealer.position)
        return self.sealer.current.ranks.upto(position)

    def with_cosignatures(self, seal: SignedTree) -> SignedTree:
        return seal

    def witnessed(self) -> int:
        return 0

    def redacted(self) -> int:
        return len(self.journal.entries.redactions())

    def counts_as_witnessed(self, note: str) -> bool:
        return Policy.load(self._folder.path).witnessed(note)

    def rows_of(self, table: str, position: int) -> pa.Table:
        return rows_as_of(self.mirror, table, position)


@contextlib.contextmanager
def open_folder(folder: Folder, place: Path | str) -> Iterator[FolderSource]:
    """The tables are brought up with the record first, and rebuilt where nobody closed them in order."""
    with closed_to_others(), Journal.at(place) as journal:
        signing = keys.readable_keys(folder.path)
        if signing:
            mirror, held = open_marked(folder.path, journal.page, signing)
            if not held:
                # It was not closed in order, and there is no server to check it meanwhile.
                mirror.close()
                mirror = open_mirror(folder.path, journal.page, anew=True)
        else:
            mirror = open_checked(folder.path, journal.page)
        try:
            yield FolderSource(journal, mirror, folder)
        finally:
            mirror.close()
            assert mirror.path
            mark.write_mark(mirror.path, signing)
