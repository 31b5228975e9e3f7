"""`evidence_files.csv`: which files of evidence items are kept, destroyed, missing or harmed."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from projections.mirror.snapshot import Reading
from projections.plain import with_utc

_ITEMS = """
SELECT item.stream, item.hub, item.status, item.sha256, item.file_kept, file.sha256 AS kept_sha256, file.bytes,
       file.media_type, file.occurred_at AS kept_at, file.sealed, file.key_id, file.position
FROM evidence_items AS item LEFT JOIN (
    SELECT * FROM evidence_files QUALIFY row_number() OVER (PARTITION BY stream, sha256 ORDER BY position DESC) = 1
) AS file USING (stream)
"""

FileStates = Callable[[str, str], str]
"""The state on disk of the file with a key, by its key and the SHA-256 it should have there."""


def evidence_files(reading: Reading, state_of: FileStates) -> pa.Table:
    """A row for each item as of the reading, or for each of its files if it had several. `file` is the state: `kept`,
    `destroyed`, `not kept here`; or `missing`, `harmed` if the disk does not match the record."""
    items = with_utc(reading.table(_ITEMS, order="stream, position"))
    states = [
        ("destroyed" if it["status"] == "purged" and it["key_id"] else "not kept here")
        if not it["file_kept"] or it["key_id"] is None
        else state_of(it["key_id"], it["sealed"])
        for it in items.select(["status", "file_kept", "key_id", "sealed"]).to_pylist()
    ]
    return items.drop_columns(["file_kept"]).append_column("file", pa.array(states, pa.string()))
