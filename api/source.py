"""A record to read from: that of a running server, or of a folder that no server uses."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from journal.log.sealer import Sealer, SignedTree
from journal.store.journal import Journal
from replay.as_of import Opener
from replay.editions.period_figures import FigureCache


class Source(Protocol):
    """Every method may wait, so it is called on a thread. Each raises Problem where it waits in vain."""

    journal: Journal
    files: Path
    figure_cache: FigureCache

    @property
    def reading(self) -> Opener:
        """Opens the tables as of a point."""

    @property
    def figure_reading(self) -> Opener:
        """Opens the tables of figures as of a point; those of now are at most a moment behind the others."""

    @property
    def sealer(self) -> Sealer:
        """What was signed, and what signs."""

    def wait_for_tables(self, position: int) -> None:
        """Returns when the tables have a position. Raises Problem 422 for one that the record does not have."""

    def wait_for_figures(self, position: int) -> None:
        """The same of the figures of now."""

    def wait_for_seal(self, position: int) -> int:
        """How many entries up to a position a checkpoint covers, once one covers it. Raises Problem."""

    def with_cosignatures(self, seal: SignedTree) -> SignedTree:
        """A signed tree, its note with what witnesses have added so far."""

    def witnessed(self) -> int:
        """Over how many entries the newest checkpoint is that counts as witnessed, 0 without one."""

    def counts_as_witnessed(self, note: str) -> bool:
        """Whether a signed note has the cosignatures that the policy requires."""

    def redacted(self) -> int:
        """How many acts of redaction the tables show."""

    def set_aside(self, position: int | None = None) -> list[int]:
        """The positions of entries that are in no table as of a position."""

    def rows_of(self, table: str, position: int) -> pa.Table:
        """A table of the mirror with its time columns."""

    def clock(self) -> datetime:
        """The time."""
