"""Evidence packs: of the record up to a point, or of an edition."""

from __future__ import annotations

from api.problems import Problem
from api.reads.asked import ReadRequest
from api.reads.read import Download
from api.reads.tables import named_indicators
from api.source import Source
from journal.evidence.file_store import file_state
from journal.evidence.holdings import holdings
from journal.log.sealer import SignedTree
from replay.audit import sealed
from replay.editions.editions import find_edition
from replay.pack import pack
from replay.pack.archive import Sink
from replay.progress import Progress
from replay.report.content import as_published


def read_evidence_pack(source: Source, asked: ReadRequest) -> Download:
    """A zip file of everything up to `known`, or of the `indicator`s asked for, figures as of `valid` and in `fx`."""
    chosen = named_indicators(asked.several("indicator"))
    at = asked.points(source)
    position = source.journal.position if at.known is None else at.known
    record = _record(source, position)

    def make(sink: Sink, progress: Progress) -> None:
        with source.reading(position, at.valid, at.fx) as reading:
            pack.write_pack(sink, record, reading, chosen, progress)

    return Download(f"sagwan-evidence-{position}.zip", position, make)


def read_edition_pack(source: Source, asked: ReadRequest, period: str, number: int) -> Download:
    """A zip file of an edition as it was published: what it says, the act, the entries behind its figures."""
    published = find_edition(source.journal, period, number)
    record = _record(source, published.position)
    content, key = as_published(source.journal, source.figure_cache, period, published), published.key

    def make(sink: Sink, progress: Progress) -> None:
        with source.reading(key.position, key.valid_cutoff, key.fx) as reading:
            pack.write_edition_pack(sink, record, content, reading, progress)

    return Download(f"sagwan-edition-{period}-{number}.zip", key.position, make)


def _record(source: Source, position: int) -> pack.PackSource:
    """The record to pack, once it is sealed up to a position. Raises Problem where the manifest cannot be signed."""
    if not source.sealer.signs:
        raise Problem(503, "seal.no_key")
    # All of the record, not only up to the position: what was redacted since is to be gone from the tables.
    source.wait_for_tables(source.journal.position)
    source.wait_for_seal(position)

    def signed(last: int) -> SignedTree:
        return source.with_cosignatures(source.sealer.at(source.wait_for_seal(last)))

    gone, folder = holdings(source.journal).gone, source.files

    def state(key_id: str, sealed_: str) -> str:
        return "destroyed" if key_id in gone else file_state(folder, key_id, sealed_)

    adopted = [str(it) for it in sealed.verifier_keys_of(source.journal)]
    return pack.PackSource(source.journal.entries, signed, adopted, source.sealer.sign, state)
