"""Rules for new entries that need no record: texts, bounds and size; and a correction in full."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from domain import identity
from domain.input_policy import bounds, characters, free_text
from domain.input_policy.links import check_links
from domain.input_policy.terms import check_terms
from domain.phrase import Phrase
from domain.record import Entry, Fact, Recorded, Refused
from domain.registry import TYPES, EntryCorrected, check_type_fits, entries, tag
from journal.store.submission import PostedCorrection, Submission

encode_entry = msgspec.json.Encoder().encode


MOST_BYTES = 60 * 1024
"""An entry's JSON is at most this long: a tile entry of the sealed log must hold it."""


CLOCK_SKEW = timedelta(minutes=1)
"""How far a hub's clock may be ahead of ours before its times count as future."""


def checked_entry(entry: Entry[Any], now: datetime) -> tuple[Entry[Any], bytes]:
    """The entry with its texts in stored form, and its JSON as it is stored.

    Raises Refused by every admission rule that needs no record; a client checks it before it sends (`check_early`).
    """
    occurred_at = entry.fact.occurred_at if isinstance(entry.fact, EntryCorrected) else entry.occurred_at
    if max(occurred_at, entry.occurred_at) > now + CLOCK_SKEW:
        path = "$.time" if entry.occurred_at > now + CLOCK_SKEW else "$.data.occurred_at"
        raise Refused("time.future", path=path, time=occurred_at, now=now)
    entry, json = _written(entry)
    identity.check_identity_length(entry.source, entry.id)
    free_text.check_free_text(entry.stream, entry.source, entry.id, entry.fact, now.date())
    check_terms(entry)
    check_links(entry)
    bounds.check_bounds(entry)
    bounds.check_day(entry, now)
    if len(json) > MOST_BYTES:
        raise Refused("event.too_large", "stored", bytes=len(json), most=MOST_BYTES)
    _check_reads(json)
    return entry, json


def check_early(it: Submission, now: datetime) -> None:
    """Raises Refused for a fact of the world that would be refused whatever the record holds."""
    check_type_fits(it.stream, it.type)
    assert isinstance(it.fact, Fact)
    assert it.occurred_at is not None
    entry = it.entry(it.fact, version=1, occurred_at=it.occurred_at, recorded_at=now, hub=it.actor.hub, salt="0" * 32)
    checked_entry(entry, now)


def full_correction(posted: PostedCorrection, original: Recorded[Any]) -> EntryCorrected:
    """The correction in full: the content in the original's type, and when it happened.

    Raises Refused with the path of what does not fit.
    """
    type_ = tag(original.entry.fact)
    try:
        data: Any = msgspec.json.decode(posted.data, type=TYPES[type_])
    except msgspec.ValidationError as error:
        because = characters.complaint(error, TYPES[type_])
        raise Refused("event.invalid", "correction", original_type=type_, because=because) from None
    except ValueError:
        raise Refused("event.invalid", "correction_json", path="$.data.data") from None
    return EntryCorrected(
        entry=posted.entry,
        reason=posted.reason,
        occurred_at=posted.occurred_at or original.entry.occurred_at,
        data=data,
        note=posted.note,
    )


def _written(entry: Entry[Any]) -> tuple[Entry[Any], bytes]:
    """The entry with its texts in stored form, and its JSON. Raises Refused for a text that breaks a rule."""
    try:
        json = encode_entry(entry)
        characters.check_marks(json)
        if characters.is_plain(json):
            return entry, json
    except UnicodeEncodeError:
        pass  # half a surrogate pair somewhere, which the rule finds
    identity.check_identity(entry.source, entry.id)
    entry = replace(entry, fact=characters.normalized(entry.fact))
    characters.check_characters(entry.fact, "$.data")
    return entry, encode_entry(entry)


def _check_reads(json: bytes) -> None:
    """Raises Refused for what could be stored but not read again, whoever made it."""
    try:
        entries.decode(json)
    except msgspec.ValidationError as error:
        because = Phrase(*(it.replace("`$.fact", "`$.data") for it in characters.complaint(error)))
        raise Refused("event.invalid", "unreadable", because=because) from None
