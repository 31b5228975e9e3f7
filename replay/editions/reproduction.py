"""Making an edition again from the record years later, and what differs where it is not the same."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from domain.acts.edition import EditionKey
from journal.log import tlog
from journal.log.checkpoint import Checkpoint
from journal.log.sealer import SignedTree
from journal.store.journal import Journal
from journal.store.redaction import left_of
from projections.mirror import shared_sql
from projections.mirror.files import catch_up
from projections.mirror.mirror import Mirror
from replay.editions.editions import (
    EditionContent,
    PublishedEdition,
    checkpoint_digest,
    edition_content,
    editions_of,
    find_edition,
    kept_content,
)
from replay.editions.period_figures import FigureCache
from replay.progress import Progress


class FigureDifference(msgspec.Struct, frozen=True):
    """A figure that is not made as it was published; None where it was not there, or has no value."""

    indicator: str
    by: str | None
    of: str | None
    published: str | None
    made: str | None


class Reproduction(msgspec.Struct, frozen=True):
    """An edition made again from nothing but the record. `same` when its digest is the published one.

    `differing` are the figures that are not, where it is known what was published. `changed` names the SQL that was
    mended since, `lost` that of which the text of then is not in this release either, so that today's was used.
    `left` is the digest of what acts of redaction left of it, None where none did: then that is what is made.
    `made_by` is which releases made it then. `sealed` is whether the tree over the record still has the checkpoint
    that the key names, None without a tree.
    """

    period: str
    number: int
    entries: int
    figures: int
    published: str
    made: str
    sealed: bool | None
    differing: tuple[FigureDifference, ...] = ()
    changed: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    left: str | None = None
    made_by: str | None = None

    @property
    def same(self) -> bool:
        return self.made == (self.left or self.published)


class _Again(NamedTuple):
    entries: int
    content: EditionContent


def reproduce(
    journal: Journal, period: str, number: int, progress: Progress = lambda *_: None, seal: SignedTree | None = None
) -> Reproduction:
    """Makes an edition again from the record up to its position, in new tables in memory that trust nothing else, with
    the SQL that it was published with.

    Raises NoEdition, UnknownVersion.
    """
    published = find_edition(journal, period, number)
    wanted = sql_digests(published.key)
    again = _again(journal, published, progress)
    kept, content = kept_content(journal, published), journal.entries.kept(published.digest)
    now = shared_sql.digests_in_tree()
    return Reproduction(
        period=period,
        number=number,
        entries=again.entries,
        figures=len(again.content.figures),
        published=published.digest,
        made=again.content.digest,
        sealed=None if seal is None or published.key.checkpoint is None else _sealed(published.key, seal),
        differing=tuple(figure_differences(kept, again.content)) if kept else (),
        changed=tuple(sorted(name for name, digest in wanted.items() if now.get(name) != digest)),
        lost=tuple(shared_sql.missing_texts(wanted)),
        left=left_of(journal.entries, published.digest),
        made_by=content.made_by if content else None,
    )


def sql_digests(key: EditionKey) -> dict[str, str]:
    """The digests of the SQL by which the figures of a key were made. Raises UnknownVersion."""
    if key.sql:
        return key.sql
    first = shared_sql.first_release()
    return {name: digest for name, digest in first.items() if "/" not in name} | {
        name: first[name] for name in (f"{code}/{version}" for code, version in key.indicators.items()) if name in first
    }


def recover_content(journal: Journal, cache: FigureCache, published: PublishedEdition) -> str | None:
    """Keeps the content of an edition from before contents were kept; None, or the digest made if that is another.

    Raises UnknownVersion.
    """
    content = edition_content(journal, cache, published.key, published.earlier)
    if content.digest != published.digest and sql_digests(published.key).items() - shared_sql.digests_in_tree().items():
        content = _again(journal, published, lambda *_: None).content
    if content.digest != published.digest:
        return content.digest
    journal.entries.keep([content.kept])
    return None


def editions_without_content(journal: Journal) -> list[tuple[str, PublishedEdition]]:
    """The editions whose content was not kept, with their half-years."""
    periods = sorted(name.partition(":")[2] for name in journal.entries.streams("check"))
    return [(it, made) for it in periods for made in editions_of(journal, it) if kept_content(journal, made) is None]


def figure_differences(published: EditionContent, made: EditionContent) -> list[FigureDifference]:
    """The figures that differ, in the order of the published ones."""
    was = {(it.indicator, it.by, it.of): it for it in published.figures}
    is_ = {(it.indicator, it.by, it.of): it for it in made.figures}
    found = []
    for at in [*was, *(at for at in is_ if at not in was)]:
        before, after = was.get(at), is_.get(at)
        if before != after:
            values = (None if it is None else it.value for it in (before, after))
            found.append(FigureDifference(*at, *values))
    return found


def _again(journal: Journal, published: PublishedEdition, progress: Progress) -> _Again:
    upto = published.key.position
    mirror = Mirror(wanted=sql_digests(published.key))

    def read(after: int, limit: int) -> pa.Table:
        page = journal.page(after, min(limit, upto - after))
        return page.filter(pc.less_equal(page["position"], upto))

    try:
        catch_up(mirror, read, lambda position: progress("reading the record", position, upto))
        ((entries,),) = mirror.cursor().execute("SELECT count(*) FROM record.event").fetchall()
        return _Again(entries, edition_content(journal, FigureCache(mirror.reading), published.key, published.earlier))
    finally:
        mirror.close()


def _sealed(key: EditionKey, seal: SignedTree) -> bool:
    """Whether the tree, cut at the edition's size, matches the key; `sagwan verify` checks the record by it."""
    size = seal.ranks.upto(key.position)
    if size > seal.tree.size or size == 0:
        return False
    return checkpoint_digest(Checkpoint(seal.checkpoint.origin, size, tlog.root(size, seal.tree))) == key.checkpoint
