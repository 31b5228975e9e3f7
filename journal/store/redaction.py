"""Acts of redaction (파기): what an act leaves of an entry, and the destruction of what it names.

The act is durable first; the destruction may be done again at any time, and is at every opening to write.
"""

from __future__ import annotations

import contextlib
import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.canonical import canonical
from domain.record import FOREVER, Refused
from domain.redaction import REDACTED, check_named_anew, own_words, redact, sha256, without_fields
from domain.registry import EntryRedacted, entries
from journal.store.recorder import EntryRecorder

log = logging.getLogger("sagwan.journal")


def redaction_acts(recorder: EntryRecorder, stream: str | None = None) -> dict[int, list[EntryRedacted]]:
    """The acts of redaction, of the record or of a stream, by the position they name, in order."""
    found: dict[int, list[EntryRedacted]] = defaultdict(list)
    for row in recorder.redactions(stream):
        act: EntryRedacted = entries.decode(row.entry).fact  # type: ignore[assignment]
        found[act.entry].append(act)
    return found


def complete_act(
    recorder: EntryRecorder, stream: str, asked: EntryRedacted, staged: Sequence[EntryRedacted]
) -> EntryRedacted:
    """The act in full, with the digest of what remains after it and those before; `staged` are those not durable yet.

    Raises Refused where there is no such entry on the stream, or a field is empty.
    """
    rows = recorder.at([asked.entry]) if 0 < asked.entry < FOREVER else []
    if not rows:
        raise Refused("entry.unknown", "redacts", entry=asked.entry)
    if asked.remains is not None or asked.editions:
        field = "editions" if asked.remains is None else "remains"
        raise Refused("event.invalid", "filled_in", path=f"$.data.{field}", field=field)
    body = rows[0].entry
    if entries.decode(body).stream != stream:
        raise Refused("entry.other_stream", entry=asked.entry)
    for earlier in [*redaction_acts(recorder, stream)[asked.entry], *staged]:
        body = redact(body, earlier.fields)
    for field in asked.fields:
        check_named_anew(field)
        fact = entries.decode(body).fact
        if without_fields(fact, [field]) == fact:
            raise Refused("redaction.nothing", entry=asked.entry, field=field)
        body = redact(body, [field])
    left = {digest: sha256(content) for digest, content in _contents(recorder, _words(rows[0].entry, body))}
    return replace(asked, remains=sha256(body), editions=left)


def left_of(recorder: EntryRecorder, digest: str) -> str | None:
    """The digest of what acts left of an edition's content, None if no act named it."""
    found = None
    for row in recorder.redactions():
        act: EntryRedacted = entries.decode(row.entry).fact  # type: ignore[assignment]
        found = act.editions.get(digest, found)
    return found


def without_redacted(recorder: EntryRecorder, stream: str, position: int, fact: Any) -> Any:
    """A fact without what acts removed from the entry at a position; unchanged if it has no such fields."""
    with contextlib.suppress(Refused):
        return without_fields(
            fact, [field for act in redaction_acts(recorder, stream)[position] for field in act.fields]
        )
    return fact


def carry_out_or_tell(recorder: EntryRecorder) -> None:
    """Like `carry_out`, for a writer that goes on: a failure is repaired at the next act or the next start."""
    try:
        carry_out(recorder)
    except Exception:
        log.critical("a redaction is recorded, and the content it names still stands", exc_info=True)


def carry_out(recorder: EntryRecorder) -> None:
    """Returns when no body that an act names is left. If a crash interrupts it, the next call finishes it."""
    named = redaction_acts(recorder)
    if not named:
        return
    bodies: list[tuple[int, bytes]] = []
    words: set[str] = set()
    for row in recorder.at(list(named)):
        remains = named[row.position][-1].remains
        if sha256(row.entry) == remains:
            continue
        body = redact(row.entry, [field for act in named[row.position] for field in act.fields])
        if sha256(body) != remains:
            # Somebody changed it: `verify` says so, and evidence is not overwritten.
            log.critical("entry %s is not what it was when it was redacted; it is left as it stands", row.position)
            continue
        bodies.append((row.position, body))
        words |= _words(row.entry, body)
    recorder.destroy(bodies, list(_contents(recorder, words)))


def _words(before: bytes, after: bytes) -> set[str]:
    """The words by which figures were sliced, and no longer are."""
    return own_words(entries.decode(before).fact) - own_words(entries.decode(after).fact)


def _contents(recorder: EntryRecorder, words: set[str]) -> Iterator[tuple[str, bytes]]:
    """What is left of the contents of editions with slices by these words."""
    for digest in recorder.all_kept() if words else ():
        kept = recorder.kept(digest)
        content = msgspec.json.decode(kept.content) if kept else None
        left = _unsliced(content, words)
        if left != content:
            yield digest, canonical(left)


def _unsliced(value: Any, words: set[str]) -> Any:
    match value:
        case {"by": "field", "of": of, **rest} if of in words:
            return {"by": "field", "of": REDACTED, **rest}
        case dict():
            return {name: _unsliced(it, words) for name, it in value.items()}
        case list():
            return [_unsliced(it, words) for it in value]
        case _:
            return value
