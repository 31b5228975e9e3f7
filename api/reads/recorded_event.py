"""An entry as the CloudEvent that it was posted as, with where and when it was recorded as extensions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from domain.record import Role
from journal.store.journal import read_stored
from journal.store.recorder import StoredEntry


class _Stored(msgspec.Struct):
    """What of an entry an event carries; what the entry lacks is left out."""

    stream: str
    version: int
    occurred_at: datetime
    recorded_at: datetime
    hub: str
    actor: str
    role: Role
    source: str
    id: str
    fact: dict[str, msgspec.Raw]
    zone: str = "UTC"
    evidence: tuple[str, ...] = ()
    imported: bool = False


_stored = msgspec.json.Decoder(_Stored).decode


def recorded_event(row: StoredEntry) -> bytes:
    """CloudEvents 1.0.2 in JSON. `zone`, `evidence` and `imported` are extensions as they are posted; `position`,
    `streamversion`, `recordedat`, `hub`, `actor` and `role` say what the record adds."""
    it = read_stored(_stored, row.position, row.entry)
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": it.id,
        "source": it.source,
        "type": row.type,
        "subject": it.stream,
        "time": it.occurred_at.astimezone(UTC),
        "datacontenttype": "application/json",
        "zone": it.zone,
    }
    event |= {"evidence": " ".join(it.evidence)} if it.evidence else {}
    event |= {"imported": True} if it.imported else {}
    added = {"position": row.position, "streamversion": it.version, "recordedat": it.recorded_at}
    event |= added | {"hub": it.hub, "actor": it.actor, "role": it.role}
    return msgspec.json.encode(event | {"data": {name: value for name, value in it.fact.items() if name != "type"}})
