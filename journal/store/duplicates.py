"""Whether the record holds the same assertion already, or something else under its identity."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Literal, TypeAlias

from msgspec.structs import replace

from domain.input_policy import characters
from domain.record import Entry, Refused
from domain.registry import ACTS, EntryCorrected, EntryRedacted
from journal.store.entry_rules import full_correction
from journal.store.journal import Journal
from journal.store.redaction import without_redacted
from journal.store.submission import PostedCorrection, Submission, submission_digests

HeldAs: TypeAlias = Literal["same", "other", "new"]


def held_by_record(group: Sequence[Submission], journal: Journal) -> list[HeldAs]:
    """For each submission, whether the record holds the same, something else under its identity, or nothing."""
    digests = [submission_digests(it) for it in group]
    known = journal.entries.known([*chain.from_iterable(digests)])
    found = (next((known[digest] for digest in own if digest in known), None) for own in digests)
    return [_held(it, position, journal) for it, position in zip(group, found, strict=True)]


def _held(it: Submission, position: int | None, journal: Journal) -> HeldAs:
    row = journal.entry(position) if position else None
    if row is None or position is None:
        return "new"
    # Others than the owner learn no more than posting tells: that the identity is taken.
    own = it.actor.role != "hub" or it.actor.hub == row.entry.hub
    return "same" if own and same_content(it, row.entry, journal, position) else "other"


def same_content(it: Submission, entry: Entry[Any], journal: Journal, position: int = 0) -> bool:
    """Whether a submission asserts what an entry says, or said before content of it was destroyed."""
    fact: Any = it.fact
    if isinstance(fact, PostedCorrection):
        original = journal.entry(fact.entry)
        if original is None or not isinstance(entry.fact, EntryCorrected):
            return False
        fact = full_correction(fact, original)
    elif isinstance(fact, EntryRedacted) and isinstance(entry.fact, EntryRedacted):
        fact = replace(fact, remains=entry.fact.remains, editions=entry.fact.editions)
    if entry.redacted:
        fact = without_redacted(journal.entries, entry.stream, position, fact)
    kind = it.stream.partition(":")[0]
    timeless = kind in ACTS or it.occurred_at is None or isinstance(fact, EntryRedacted)
    occurred_at = entry.occurred_at if timeless or _rounded(it.occurred_at, entry) else it.occurred_at
    asserted = replace(entry, stream=it.stream, occurred_at=occurred_at, evidence=it.evidence, fact=fact)
    if asserted == entry:
        return True
    # An entry recorded before texts were kept in NFC counts as the same.
    return replace(asserted, fact=characters.normalized(fact)) == replace(entry, fact=characters.normalized(entry.fact))


def _rounded(given: datetime | None, entry: Entry[Any]) -> bool:
    """Whether the entry has the moment rounded up to the next microsecond, as was done before it was truncated."""
    return given is not None and entry.occurred_at - given == timedelta(microseconds=1)


def identity_reused() -> Refused:
    return Refused("identity.reused", path="$.id")
