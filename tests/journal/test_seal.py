"""The seal follows the record, survives crashes, and signs no other past than the one it signed before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from journal import leaves
from journal.admission import Admission
from journal.checkpoint import Checkpoint
from journal.journal import Journal, now
from journal.note import SigningKey
from journal.seal import Sealer, SealFolder
from tests.journal.acts import designate, opened
from tests.journal.test_tlog import naive_root

KEY = SigningKey.generate("example.kr/record")


@contextmanager
def sealing(journal: Journal, path: Path, *, signing: tuple[SigningKey, ...] = (KEY,)) -> Iterator[Sealer]:
    it = Sealer(journal.entries, SealFolder(path, write=True), signing)
    it.resume()
    it.start()
    yield it
    it.stop()


def add(journal: Journal, count: int, first: int = 0) -> None:
    admit = Admission(journal)
    admit.record([designate("EU"), *(opened(f"case:{n}", str(n)) for n in range(first, first + count))], now())


def naive(journal: Journal) -> list[bytes]:
    return [leaves.log_entry(leaf) for leaf in journal.entries.leaves(0, 1_000_000)]


def test_a_log_entry_is_four_lines(place):
    with Journal.at(place, write=True) as journal:
        add(journal, 1)
        row = journal.entries.rows(1, 1)[0]
        assert naive(journal)[1].decode().split("\n") == ["case:0", "1", "case.opened", leaves.digest_of(row.entry), ""]


def test_every_checkpoint_is_over_the_tree_of_the_definition(place, tmp_path):
    with Journal.at(place, write=True) as journal, sealing(journal, tmp_path / "log") as sealer:
        for first in (0, 3, 300, 800):
            add(journal, first + 1, first)
            sealer.wake()
            assert sealer.wait(journal.position, 20)
            checkpoint, _ = Checkpoint.opened(sealer.current.note, [KEY.verifier])
            entries = naive(journal)
            assert checkpoint == Checkpoint("example.kr/record", len(entries), naive_root(entries))
