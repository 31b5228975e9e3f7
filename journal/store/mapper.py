"""Entries to stored bytes and back: the tag is the topic, the JSON of the entry is the state."""

from __future__ import annotations

from typing import Any, cast

import msgspec
from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent

from domain.record import Entry
from domain.registry import entries, tag

encode = msgspec.json.Encoder().encode


class EntryMapper(Mapper[str]):
    """Stores no Python path: history survives every refactoring."""

    def __init__(self) -> None:
        super().__init__(JSONTranscoder())

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        entry = cast("Entry[Any]", domain_event)
        return StoredEvent(entry.stream, entry.version, tag(entry.fact), encode(entry))

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        return entries.decode(stored_event.state)
