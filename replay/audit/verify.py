"""Is the record whole, and do the live tables match it? Reads the journal itself, trusts no server."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import msgspec
import pyarrow as pa

from domain.acts.clock import ClockAccepted
from domain.identity import identity_digests, identity_space
from domain.messages import reason, sentence, unlisted
from domain.phrase import Phrase
from domain.record import FOREVER, Entry
from domain.redaction import redact, sha256
from domain.registry import EntryCorrected, EntryRedacted, EntryVoided, entries, tag
from journal.evidence.holdings import FileCheck
from journal.log.continuity import restarts
from journal.store.journal import Journal
from journal.store.redaction import redaction_acts
from journal.trusted_clock import JUMP, now
from projections.mirror.comparison import TABLES, rows_as_of
from projections.mirror.files import apply_page
from projections.mirror.mirror import Mirror
from projections.plain import with_utc
from replay.audit.sealed import Difference as Difference
from replay.audit.sealed import SealCheck
from replay.editions.editions import editions_of, kept_content
from replay.progress import Progress

PAGE = 8192


class VerificationReport(msgspec.Struct):
    """What was checked, and the differences found, the earliest position first."""

    entries: int
    position: int
    tables: int
    differences: list[Difference]
    seal: SealCheck | None = None
    ahead: datetime | None = None
    """When the last entry was recorded, where that is still to come by the clock of who verifies."""
    unkept: tuple[str, ...] = ()
    """Editions of which nothing was kept: they are shown only while their keys still make the same figures."""
    restarted: tuple[Phrase, ...] = ()
    """When and why the record was signed again, what was signed before being lost."""
    files: FileCheck | None = None
    """What stands beside the record of its evidence files."""


def verify(
    journal: Journal,
    live: Callable[[str, int], pa.Table] | None,
    upto: int,
    progress: Progress = lambda *_: None,
    seal: SealCheck | None = None,
    files: FileCheck | None = None,
) -> VerificationReport:
    """Checks entries up to position `upto`, and the live tables as of it.

    `live(table, position)` gives the rows of a table of the live mirror as of a position, in the order of
    `rows_as_of`; None if there is no mirror to compare. `seal` is the result of checking the seal.
    """
    fresh = Mirror() if live else None
    differences: list[Difference] = list(seal.differences) if seal else []
    unkept: list[str] = []
    count = reached = 0
    try:
        for page in _checked(journal, upto, differences):
            count += page.num_rows
            reached = page["position"][-1].as_py()
            if fresh and not differences:
                apply_page(fresh, page)
            progress("reading the record", reached, upto)
        if (lowest := journal.entries.rows(-(2**62), 1)) and lowest[0].position < 1:
            differences.append(Difference(sentence("differs.before_first"), lowest[0].position))
        differences += _contents(journal, unkept)
        if damage := journal.entries.damage():
            differences.append(Difference(sentence("differs.damage", because=unlisted(damage))))
    except Exception as error:
        # A harmed file may make a database raise anything; all that is asked here is the place, and it is known.
        differences.append(Difference(sentence("differs.unread", because=reason(error)), reached + 1))
    tables = TABLES if live and not differences else ()
    for it in fresh.aside if fresh else ():
        if it.until == FOREVER:
            differences.append(Difference(sentence("differs.aside", because=unlisted(it.why)), it.position))
    for n, table in enumerate(tables):
        assert fresh
        assert live
        differences += first_row_difference(table, rows_as_of(fresh, table, upto), live(table, upto))
        progress("comparing tables", n + 1, len(tables))
    if fresh:
        fresh.close()
    differences.sort(key=lambda it: (it.position is None, it.position or 0))
    ahead = None
    with contextlib.suppress(ValueError):  # reported above
        ahead = newest if (newest := journal.newest()) and newest > now() + JUMP else None
    return VerificationReport(
        count, upto, len(tables), differences, seal, ahead, tuple(unkept), tuple(_restarted(journal)), files
    )


def _restarted(journal: Journal) -> Iterator[Phrase]:
    with contextlib.suppress(Exception):  # the record is harmed; the harm is reported elsewhere
        for position, it in restarts(journal):
            which = "given_up" if it.given_up else ""
            facts = {"position": position, "size": it.size, "lost": it.lost, "reason": it.reason}
            yield sentence("verify.restarted", which, given_up=it.given_up, **facts)


def first_row_difference(table: str, made: pa.Table, live: pa.Table) -> list[Difference]:
    """The first row in which a rebuilt table and the live one differ, as a difference, or nothing.

    A server's tables have moments marked UTC, those of a folder are without a zone.
    """
    made, live = with_utc(made), with_utc(live)
    if made.equals(live):
        return []
    for name in made.column_names:
        if name not in live.column_names:
            return [Difference(sentence("differs.column", table=table, column=name))]
    for ours, theirs in _side_by_side(made.to_pylist(), live.to_pylist()):
        if ours == theirs:
            continue
        if theirs is None:
            assert ours is not None
            return [Difference(sentence("differs.lacks_row", table=table), ours["position"])]
        if ours is None:
            return [Difference(sentence("differs.has_row", table=table), theirs["position"])]
        fields = [name for name in ours if ours[name] != theirs.get(name)]
        return [Difference(sentence("differs.row", table=table, fields=fields), ours["position"])]
    return [Difference(sentence("differs.types", table=table))]


def _side_by_side(
    made: list[dict[str, Any]], live: list[dict[str, Any]]
) -> Iterator[tuple[dict[str, Any] | None, dict[str, Any] | None]]:
    def key(row: dict[str, Any]) -> tuple[int, int]:
        return row["position"], row["since"]

    ours, theirs = {key(row): row for row in made}, {key(row): row for row in live}
    for at in sorted(ours.keys() | theirs.keys()):
        yield ours.get(at), theirs.get(at)


def _checked(journal: Journal, upto: int, differences: list[Difference]) -> Iterator[pa.Table]:
    """The pages of the record, checking each entry on the way."""
    versions: dict[str, int] = {}
    originals = bytearray()
    redacted: dict[int, str] = {}
    latest: datetime | None = None
    after = 0
    while after < upto and (page := journal.page(after, min(PAGE, upto - after))).num_rows:
        if page["position"][-1].as_py() > upto:
            page = page.filter(pa.compute.less_equal(page["position"], upto))
        rows = zip(page["position"].to_pylist(), page["type"].to_pylist(), page["entry"].to_pylist(), strict=True)
        columns = journal.entries.columns(after, page.num_rows)
        identities = _identities(journal, after, page["position"][-1].as_py())
        for (position, type_, json), (stream, version) in zip(rows, columns, strict=True):
            try:
                entry: Entry[Any] = entries.decode(json)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                differences.append(Difference(sentence("differs.undecoded", because=reason(error)), position))
                continue
            if msgspec.json.encode(entry) != json:
                differences.append(Difference(sentence("differs.bytes"), position))
            if (entry.stream, entry.version, tag(entry.fact)) != (stream, version, type_):
                differences.append(Difference(sentence("differs.beside"), position))
            if identities is not None and (wrong := _misnamed(journal, entry, identities[position])):
                differences.append(Difference(wrong, position))
            if entry.version != versions.get(entry.stream, 0) + 1:
                expected = versions.get(entry.stream, 0) + 1
                differs = sentence("differs.version", stream=entry.stream, version=entry.version, expected=expected)
                differences.append(Difference(differs, position))
            versions[entry.stream] = entry.version
            if latest is not None and entry.recorded_at < latest and not isinstance(entry.fact, ClockAccepted):
                differences.append(Difference(sentence("differs.earlier_time"), position))
            latest = entry.recorded_at
            originals.extend(bytes(position - len(originals)))
            named = entry.fact.entry if isinstance(entry.fact, EntryCorrected | EntryVoided) else None
            originals.append(named is None and not isinstance(entry.fact, EntryRedacted))
            if entry.redacted:
                redacted[position] = sha256(json)
            if named is not None and not (0 < named < position and originals[named]):
                differences.append(Difference(sentence("differs.restates", named=named), position))
        after = page["position"][-1].as_py()
        yield page
    if strays := journal.entries.strays():
        differences.append(Difference(sentence("differs.stray"), strays[0]))
    with contextlib.suppress(ValueError):  # reported above
        differences += _redactions(journal, redacted, upto)


def _contents(journal: Journal, unkept: list[str]) -> Iterator[Difference]:
    """Where the kept content of an edition is not what was published; editions without any go to `unkept`."""
    for period in sorted(name.partition(":")[2] for name in journal.entries.streams("check")):
        for it in editions_of(journal, period):
            if kept_content(journal, it) is not None:
                continue
            if journal.entries.kept(it.digest) is None:
                unkept.append(f"{period}/{it.number}")
            else:
                yield Difference(sentence("differs.edition", edition=f"{period}/{it.number}"), it.position)


def _identities(journal: Journal, after: int, upto: int) -> dict[int, set[bytes]] | None:
    """Stored identities of entries, by position; None if an earlier release wrote the record, and no server since."""
    if (found := journal.entries.names(after, upto)) is None:
        return None
    named: dict[int, set[bytes]] = defaultdict(set)
    for position, digest in found:
        named[position].add(digest)
    return named


def _misnamed(journal: Journal, entry: Entry[Any], named: set[bytes]) -> Phrase | None:
    """What is wrong with the stored identities of an entry: it needs its own, and that in NFC unless another has it."""
    its_space = identity_space(entry.role, entry.hub, entry.source, tag(entry.fact))
    written, *in_nfc = identity_digests(its_space, entry.source, entry.id)
    if not named:
        return sentence("differs.no_identity")
    if not {written} <= named <= {written, *in_nfc} or len(journal.entries.known(in_nfc)) < len(in_nfc):
        return sentence("differs.other_identity")
    return None


def _redactions(journal: Journal, redacted: dict[int, str], upto: int) -> Iterator[Difference]:
    """Where the stored content is not what acts of redaction left. `redacted` is what was read, by position."""
    named = redaction_acts(journal.entries)
    for position in redacted.keys() - named.keys():
        yield Difference(sentence("differs.gone_unnamed"), position)
    for position, done in named.items():
        if position > upto or redacted.get(position) == done[-1].remains:
            continue
        # Read again: a running server may have carried the act out meanwhile.
        for row in journal.entries.at([position]):
            if sha256(row.entry) == done[-1].remains:
                continue
            whole = redact(row.entry, [field for act in done for field in act.fields])
            stands = sha256(whole) == done[-1].remains
            yield Difference(sentence("differs.stands" if stands else "differs.changed"), position)
