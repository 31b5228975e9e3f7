"""The evidence pack (증빙 묶음): what an auditor needs to check the record as of a position without Sagwan.

The same record and position make the same bytes, no matter when and by whom the pack is made: nothing in it says when
that was, rows have a total order, and files are in a fixed order under a fixed date. It is written front to back and
never in memory whole.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from string import Template
from typing import NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.parquet

from domain.canonical import canonical
from domain.period import SEOUL, HalfYear
from journal.log import tlog
from journal.log.sealer import SignedTree
from journal.store.journal import read_stored
from journal.store.recorder import EntryRecorder, StoredEntry
from projections import figures, spreadsheet
from projections.definitions import FORMERLY, INDICATORS, VERSIONS, Indicator
from projections.definitions import HERE as SQL
from projections.mirror.snapshot import Reading
from projections.plain import with_utc
from replay.pack import extracts, recompute_script, verifier
from replay.pack.archive import Archive, ListedFile, Sink
from replay.pack.evidence_files import FileStates, evidence_files
from replay.progress import Progress
from replay.report.content import EditionReport, edition_document
from replay.report.page import page

README = Path(__file__).parent / "readme"
VERIFIER = Path(verifier.__file__).with_name("verify.py")
BATCH = 8192

EVENTS = pa.schema(
    [
        ("position", pa.int64()),
        ("stream", pa.string()),
        ("version", pa.int64()),
        ("type", pa.string()),
        ("occurred_at", pa.timestamp("us", "UTC")),
        ("recorded_at", pa.timestamp("us", "UTC")),
        ("hub", pa.string()),
        ("entry", pa.string()),
    ]
)
"""`events.parquet`: the columns that most questions start from, and the whole entry as its JSON."""


class PackSource(NamedTuple):
    """A record to pack: its entries, the signed tree that ends at a position, the log's verifier keys, the note
    that its key signs over a text, and the state of its evidence files on disk."""

    entries: EntryRecorder
    sealed: Callable[[int], SignedTree]
    keys: Sequence[str]
    sign: Callable[[str], str]
    file_state: FileStates


class Manifest(msgspec.Struct, frozen=True):
    """`manifest.json`: what the pack is of, and every other file in it.

    Behind these stands `signature`, a signed note over all bytes before it. `formulas` says that in its CSV files no
    text is a formula to a spreadsheet; earlier packs do not have it.
    """

    record: str
    position: int
    entries: int
    complete: bool
    indicators: list[str]
    valid: datetime | None
    fx: Mapping[str, int] | None
    files: dict[str, ListedFile]
    edition: str | None = None
    formulas: str = "escaped"


class _Act(msgspec.Struct):
    """Of an entry that names another, which one."""

    class Fact(msgspec.Struct):
        entry: int

    fact: Fact


class _Envelope(msgspec.Struct):
    stream: str
    version: int
    occurred_at: datetime
    recorded_at: datetime
    hub: str
    redacted: dict[str, str] | None = None


def write_pack(
    sink: Sink,
    record: PackSource,
    reading: Reading,
    indicators: Sequence[Indicator] = (),
    progress: Progress = lambda *_: None,
) -> None:
    """Writes a pack of the entries up to the position that `reading` is as of, and the figures as it reads them.

    With `indicators` the pack is a part: these figures and the entries on the streams behind them, each with its
    proof. Without, it is whole: every entry, every figure, every table.
    """
    assert reading.known is not None
    archive, seal = Archive(sink), record.sealed(reading.known)
    whole, chosen = not indicators, indicators or list(INDICATORS.values())
    _readme(archive, seal, "whole" if whole else "part", reading.valid)
    positions = None if whole else _behind(reading, chosen)
    _log(archive, record, reading.known, seal, positions, progress)
    _figures(archive, reading, chosen)
    _evidence(archive, reading, chosen, progress)
    _sql(archive, [*VERSIONS.values()] if whole else chosen)
    if whole:
        for (digest,) in reading.rows("SELECT DISTINCT digest FROM editions ORDER BY digest"):
            if kept := record.entries.kept(digest):
                archive.add(f"editions/{digest}.json", kept.content)
        archive.add("sql/again.sql", recompute_script.recompute_script(reading).encode())
        _csv(archive, "evidence_files.csv", evidence_files(reading, record.file_state))
        _extracts(archive, reading, progress)
    codes = [it.code for it in chosen]
    about = Manifest(
        seal.checkpoint.origin, reading.known, seal.tree.size, whole, codes, reading.valid, reading.fx, archive.files
    )
    _close(archive, record, about)


def write_edition_pack(
    sink: Sink, record: PackSource, report: EditionReport, reading: Reading, progress: Progress = lambda *_: None
) -> None:
    """Writes the pack of an edition: its content, the act that published it, and what its figures are made of.

    `reading` is as of the edition's key. The checkpoint is the one that the key names; the act came after it and has
    its own.
    """
    key, published = report.published.key, report.published
    archive, seal = Archive(sink), record.sealed(key.position)
    _readme(archive, seal, "edition", key.valid_cutoff, report.edition)
    used = {"calendar": key.calendars, "sla": key.slas, "fx": key.fx}
    house = [f"check:{key.period}", *(f"{kind}:{name}" for kind, names in used.items() for name in names)]
    positions = _behind(reading, report.indicators, key.period, house)
    _log(archive, record, key.position, seal, positions, progress, published.position, *key.assessments.values())
    about = edition_document(report)
    archive.add("edition/content.json", canonical(about.pop("content")))
    archive.add("edition/edition.json", msgspec.json.format(msgspec.json.encode(about), indent=1) + b"\n")
    archive.add("edition/report.html", page(report).encode())
    _evidence(archive, reading, report.indicators, progress, key.period)
    _sql(archive, report.indicators)
    archive.add("sql/again.sql", recompute_script.recompute_edition_script(report.indicators).encode())
    codes = [it.code for it in report.indicators]
    facts = (
        seal.checkpoint.origin,
        key.position,
        seal.tree.size,
        False,
        codes,
        key.valid_cutoff,
        key.fx,
        archive.files,
    )
    _close(archive, record, Manifest(*facts, edition=report.edition))


def _readme(archive: Archive, seal: SignedTree, kind: str, valid: datetime | None, edition: str = "") -> None:
    facts = {
        "origin": seal.checkpoint.origin,
        "position": f"{seal.ranks.last:,}",
        "entries": f"{seal.tree.size:,}",
        "edition": edition,
        "verifier": hashlib.sha256(VERIFIER.read_bytes()).hexdigest(),
        "valid": f"{valid.astimezone(SEOUL):%Y-%m-%d %H:%M:%S}" if valid else "",
    }
    for language in ("ko", "en"):
        parts = ("head", *(["valid"] if valid else []), kind, "check")
        text = "\n".join((README / f"{part}.{language}.md").read_text(encoding="utf-8") for part in parts)
        archive.add(f"README.{language}.md", Template(text).substitute(facts).encode())


def _log(
    archive: Archive,
    record: PackSource,
    position: int,
    seal: SignedTree,
    positions: Sequence[int] | None,
    progress: Progress,
    *acts: int,
) -> None:
    """The entries with their proofs: all up to a position, or those at `positions`; `acts` came after it."""
    archive.add("verify.py", VERIFIER.read_bytes())
    archive.add("log/checkpoint", seal.note.encode())
    archive.add("log/keys", "".join(f"{key}\n" for key in record.keys).encode())
    if positions is None:
        archive.add("log/leaf-hashes", _leaf_hashes(seal))
    else:
        archive.add("log/proofs.ndjson", _proofs(seal, positions))
    total = 2 * (seal.tree.size if positions is None else len(positions))
    redacted = _events(archive, lambda: _rows(record.entries, position, positions), total, progress)
    _later(archive, record, position, redacted, acts)


def _close(archive: Archive, record: PackSource, about: Manifest) -> None:
    text = msgspec.json.format(msgspec.json.encode(about), indent=1).removesuffix(b"\n}")
    # Its first two lines keep it from being taken for a checkpoint, or for one of another record.
    digest = hashlib.sha256(text).hexdigest()
    note = record.sign(f"sagwan evidence pack v1\norigin {about.record}\nmanifest {digest}\n")
    archive.add("manifest.json", text + b',\n "signature": ' + msgspec.json.encode(note) + b"\n}\n")
    archive.close()


def _leaf_hashes(seal: SignedTree) -> Iterator[bytes]:
    for first in range(0, seal.tree.size, BATCH):
        yield seal.tree.levels.read(0, first, min(BATCH, seal.tree.size - first))


def _proofs(seal: SignedTree, positions: Sequence[int]) -> Iterator[bytes]:
    """The inclusion proof of each entry, in their order (RFC 6962 2.1.1)."""
    for position in positions:
        index = seal.ranks.of(position)
        assert index is not None
        proof = [base64.b64encode(it).decode() for it in tlog.inclusion(index, seal.tree.size, seal.tree)]
        yield msgspec.json.encode({"index": index, "proof": proof}) + b"\n"


def _later(
    archive: Archive, record: PackSource, position: int, redacted: Mapping[int, str], others: Sequence[int]
) -> None:
    """Acts that were recorded after the pack: redactions of its entries (by position, with streams), and others.

    The first prove what is left. The act is durable before the content goes, so any content read as gone has its act.
    """
    others_at = record.entries.at(others)
    lost = _lost(others_at)
    redacted = {**redacted, **lost}
    streams = [row for name in sorted({*redacted.values()}) for row in record.entries.stream(name)]
    acts = [
        (row, msgspec.json.decode(row.entry, type=_Act).fact.entry) for row in streams if row.type == "entry.redacted"
    ]
    found = {row.position: row for row, of in acts if of in lost or (of in redacted and row.position > position)}
    found |= {row.position: row for row in others_at}
    if rows := [found[at] for at in sorted(found)]:
        seal = record.sealed(rows[-1].position)
        archive.add("log/later/checkpoint", seal.note.encode())
        archive.add("log/later/proofs.ndjson", _proofs(seal, [row.position for row in rows]))
        archive.add("log/later/events.ndjson", _ndjson(rows))


def _behind(
    reading: Reading, indicators: Iterable[Indicator], period: str | None = None, more: Sequence[str] = ()
) -> list[int]:
    """The positions of all entries on the streams behind these figures (of a half-year, or of all), of those that
    describe their hubs, on `more` streams, and of acts that signed the record again. Corrections count whenever they
    were made, so `valid` excludes none."""
    within = "" if period is None else f" WHERE period = '{HalfYear.parse(period)}'"
    contributing = " UNION ".join(f"SELECT position, hub FROM {it.view}{within}" for it in indicators)
    found = reading.rows(
        f"WITH contributing AS ({contributing}) SELECT position FROM record.event WHERE position <= $known AND ("
        "stream IN (SELECT stream FROM record.event JOIN contributing USING (position)"
        " UNION SELECT 'hub:' || hub FROM contributing) OR type = 'seal.log_restarted'"
        " OR list_contains($more::VARCHAR[], stream)) ORDER BY position",
        {"known": reading.known, "more": [*more]},
    )
    return [position for (position,) in found]


def _events(
    archive: Archive, rows: Callable[[], Iterator[list[StoredEntry]]], total: int, progress: Progress
) -> dict[int, str]:
    """The stored JSON byte for byte, once as NDJSON and once as Parquet; the redacted ones with their streams."""
    done = 0
    redacted: dict[int, str] = {}
    with archive.file("events.ndjson") as file:
        for some in rows():
            file.write(_ndjson(some))
            redacted |= _lost(some)
            done += len(some)
            progress("events", done, total)
    with archive.file("events.parquet") as file, _parquet(file, EVENTS) as parquet:
        for some in rows():
            parquet.write_batch(_event_batch(some))
            done += len(some)
            progress("events", done, total)
    return redacted


def _lost(rows: Iterable[StoredEntry]) -> dict[int, str]:
    """The positions of entries that lost content by law, with their streams."""
    marked = ((row.position, row.entry) for row in rows if b'"redacted":' in row.entry)
    found = ((position, msgspec.json.decode(entry, type=_Envelope)) for position, entry in marked)
    return {position: it.stream for position, it in found if it.redacted}


def _ndjson(rows: Iterable[StoredEntry]) -> bytes:
    return b"".join([b'{"position":%d,"entry":%b}\n' % (row.position, row.entry) for row in rows])


def _rows(entries: EntryRecorder, last: int, positions: Sequence[int] | None) -> Iterator[list[StoredEntry]]:
    """The entries up to the last position, or those at the positions, some thousand at a time."""
    if positions is not None:
        for first in range(0, len(positions), BATCH):
            yield entries.at(positions[first : first + BATCH])
        return
    after = 0
    while after < last and (rows := entries.rows(after, BATCH)):
        after = rows[-1].position
        yield [row for row in rows if row.position <= last]


def _event_batch(rows: list[StoredEntry]) -> pa.RecordBatch:
    decode = msgspec.json.Decoder(_Envelope).decode
    columns: list[list[object]] = [[] for _ in EVENTS]
    for row in rows:
        it = read_stored(decode, row.position, row.entry)
        values = (
            row.position, it.stream, it.version, row.type, it.occurred_at, it.recorded_at, it.hub, row.entry.decode()
        )  # fmt: skip
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, EVENTS, strict=True)]
    return pa.record_batch(arrays, schema=EVENTS)


def _figures(archive: Archive, reading: Reading, indicators: Sequence[Indicator]) -> None:
    """Each figure by hub and half-year."""
    made = []
    for it in indicators:
        for row in pack_figures(reading, it).to_pylist():
            value = None if row["value"] is None else float(row["value"])
            about = {"code": it.code, "version": it.version, "ko": it.ko, "en": it.en, "unit": it.unit}
            made.append(about | row | {"value": value})
    columns = ("code", "version", "ko", "en", "unit", "hub", "period", "value", "evidence", "missing")
    archive.add("figures/figures.json", msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n")
    table = pa.Table.from_pydict({name: [it[name] for it in made] for name in columns})
    for name, type_ in (("earlier_rate", pa.int64()), ("rate_sets", pa.list_(pa.string()))):
        table = table.append_column(name, pa.array([it.get(name) for it in made], type_))
    _csv(archive, "figures/figures.csv", table)


def _evidence(
    archive: Archive, reading: Reading, indicators: Sequence[Indicator], progress: Progress, period: str | None = None
) -> None:
    """The entries that contribute to each figure, of a half-year or of all. The day that counts is in each entry, and
    the pack's verifier knows no types: a column for it would prove nothing."""
    for n, it in enumerate(indicators):
        rows = figures.contributing_entries(reading, it, period=period).drop_columns(["effective_at"])
        rows = with_utc(rows.sort_by([(name, "ascending") for name in EVIDENCE_ORDER]).combine_chunks())
        _csv(archive, f"evidence/{it.code}.csv", rows)
        with archive.file(f"evidence/{it.code}.parquet") as file, _parquet(file, rows.schema) as parquet:
            parquet.write_table(rows)
        progress("figures", n + 1, len(indicators))


EVIDENCE_ORDER = ("position", "period", "hub", "field", "country", "amount")


def pack_figures(reading: Reading, it: Indicator) -> pa.Table:
    """A figure by hub and half-year, as in a pack: the one place where a pack's figures come from."""
    return figures.figures(reading, it, ("hub", "period"))


def _sql(archive: Archive, indicators: Sequence[Indicator]) -> None:
    """Queries and definitions as in the source, and the earlier texts that releases named for the same indicators."""
    wanted = {f"indicators/{it.column}/{it.version}" for it in indicators}
    for path in sorted(it for it in SQL.rglob("*") if it.suffix in (".sql", ".toml")):
        name = path.relative_to(SQL)
        if not name.is_relative_to("indicators") or name.with_suffix("").as_posix() in wanted:
            archive.add(f"sql/{name.as_posix()}", path.read_bytes())
    for digest in sorted(digest for it in indicators for digest in it.formerly):
        archive.add(f"sql/formerly/{digest}.sql", FORMERLY[digest])


def _extracts(archive: Archive, reading: Reading, progress: Progress) -> None:
    total = len(extracts.TABLES) + 3
    for n, (name, pieces) in enumerate(extracts.extract_files(reading), 1):
        archive.add(f"ads/{name}.txt", pieces)
        progress("extracts", n, total)


def _csv(archive: Archive, name: str, table: pa.Table) -> None:
    with archive.file(name) as file:
        spreadsheet.write_csv(table, file)


def _parquet(file: object, columns: pa.Schema) -> pa.parquet.ParquetWriter:
    return pa.parquet.ParquetWriter(file, columns, compression="zstd")
