"""The record in PostgreSQL (17 or newer): positions in commit order, append-only by trigger and by grant.

`prepare` runs once as the user in the URL; every later connection takes the role `sagwan_writer`, which may insert and
select, and destroy a body that an act of redaction names, and nothing else. The library's database functions stay off:
they lack the table lock without which a reader that follows the log misses entries.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from eventsourcing import postgres as stock
from eventsourcing.persistence import StoredEvent
from psycopg.rows import tuple_row

from journal.store.postgres_schema import AWAY_SECONDS, stored_format
from journal.store.postgres_silence import Silence, unless_silent
from journal.store.recorder import Displaced, EntryRecorder, KeptContent, LeafRow, Stored, StreamHead

_NAME = "INSERT INTO sagwan.identity SELECT * FROM unnest(%s::bytea[], %s::bigint[])"


class PostgresRecorder(stock.PostgresApplicationRecorder, EntryRecorder):
    """An `EntryRecorder`. Never retries a write: the identities show whether a commit with a lost connection happened.

    Only the newest writer commits: each increments `writer_epoch` when it takes its place, and checks it under the lock
    of the table before it commits. A lost connection loses the advisory lock, but not the writer's place.
    """

    events, position = "sagwan.journal_events", "notification_id"
    identities, contents = "sagwan.identity", "sagwan.edition_content"
    among = "= ANY(?)"
    _epoch = 0

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._silence = Silence()

    def claim(self) -> None:
        """Takes the place of the previous writer, who can no longer commit."""
        with self._committing() as cursor:
            self._lock_table(cursor)
            cursor.execute(
                "INSERT INTO sagwan.writer_epoch SELECT coalesce(max(epoch), 0) + 1 FROM sagwan.writer_epoch"
                " RETURNING epoch"
            )
            self._epoch = cursor.fetchall()[0]["epoch"]

    def _lock_place(self, cursor: Any) -> None:
        """Locks the table. Raises Displaced when a newer writer took its place."""
        self._lock_table(cursor)
        cursor.execute("SELECT max(epoch) AS newest FROM sagwan.writer_epoch")
        if cursor.fetchall()[0]["newest"] != self._epoch:
            raise Displaced

    def create_table(self) -> None:
        pass

    def clock(self) -> datetime | None:
        found: datetime = self._all("SELECT clock_timestamp()")[0][0]
        return found.astimezone(UTC)

    def format(self) -> int:
        return stored_format(self._all)

    def insert_events(
        self, stored_events: Sequence[StoredEvent], *, digests: Sequence[bytes] = (), **_: Any
    ) -> Sequence[int]:
        with self._committing() as cursor, unless_silent(cursor.connection):
            self._lock_place(cursor)
            cursor.execute(
                "INSERT INTO sagwan.journal_events (originator_id, originator_version, topic, state)"
                " SELECT stream, version, topic, state"
                " FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::bytea[])"
                " WITH ORDINALITY AS given (stream, version, topic, state, n) ORDER BY n RETURNING notification_id",
                (
                    [event.originator_id for event in stored_events],
                    [event.originator_version for event in stored_events],
                    [event.topic for event in stored_events],
                    [event.state for event in stored_events],
                ),
            )
            positions = sorted(row["notification_id"] for row in cursor.fetchall())
            cursor.execute(_NAME, (list(digests), positions))
        return positions

    def take(self, entries: Sequence[Stored]) -> None:
        positions, streams, versions, types, states, digests = map(list, zip(*entries, strict=True))
        with self._committing() as cursor:
            self._lock_place(cursor)
            cursor.execute(
                "INSERT INTO sagwan.journal_events"
                " (notification_id, originator_id, originator_version, topic, state)"
                " SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::bytea[])",
                (positions, streams, versions, types, states),
            )
            cursor.execute(_NAME, (digests, positions))
            # The writer may draw numbers and not set them: draw until the last position is behind us.
            draw = "SELECT nextval('sagwan.journal_events_notification_id_seq') AS drawn"
            cursor.execute(draw)
            first = cursor.fetchall()[0]["drawn"] + 1
            cursor.execute(f"{draw} FROM generate_series(%s::bigint, %s::bigint)", (first, positions[-1]))

    def name(self, identities: Sequence[tuple[bytes, int]]) -> None:
        with self._committing() as cursor:
            cursor.execute(_NAME, ([digest for digest, _ in identities], [position for _, position in identities]))

    def known(self, digests: Sequence[bytes]) -> dict[bytes, int]:
        select = "SELECT digest, position FROM sagwan.identity WHERE digest = ANY(%s::bytea[])"
        return {bytes(digest): position for digest, position in self._all(select, list(digests))}

    def heads(self, streams: Sequence[str]) -> dict[str, StreamHead]:
        found = self._all(
            "SELECT originator_id, notification_id, state,"
            " (SELECT max(originator_version) FROM sagwan.journal_events WHERE originator_id = first.originator_id)"
            " FROM sagwan.journal_events AS first WHERE originator_id = ANY(%s) AND originator_version = 1",
            list(streams),
        )
        return {stream: StreamHead(version, position, first) for stream, position, first, version in found}

    def leaves(self, after: int, limit: int) -> list[LeafRow]:
        select = (
            "SELECT notification_id,"
            " convert_to(originator_id || E'\\n' || originator_version || E'\\n' || topic || E'\\n', 'UTF8'), state"
            " FROM sagwan.journal_events WHERE notification_id > %s ORDER BY notification_id LIMIT %s"
        )
        return self._all(select, after, limit)

    def destroy(self, bodies: Sequence[tuple[int, bytes]], contents: Sequence[tuple[str, bytes]] = ()) -> None:
        with self._committing() as cursor:
            for position, body in bodies:
                cursor.execute("SELECT sagwan.redact(%s, %s)", (position, body))
            for digest, content in contents:
                cursor.execute("SELECT sagwan.redact_content(%s, %s)", (digest, content))
        ((upto, done),) = self._all(
            "SELECT (SELECT max(notification_id) FROM sagwan.journal_events WHERE topic = 'entry.redacted'),"
            " (SELECT max(upto) FROM sagwan.destroyed)"
        )
        if bodies or upto != done:
            # An update leaves the old row in the table's file, and a plain VACUUM its bytes: the table is rewritten.
            # A crash before the last statement has it written once more at the next opening to write.
            with self._connected() as connection:
                connection.execute("VACUUM (FULL) sagwan.journal_events")
                connection.execute("VACUUM (FULL) sagwan.edition_content")
                connection.execute("INSERT INTO sagwan.destroyed VALUES (%s) ON CONFLICT DO NOTHING", (upto,))

    def keep(self, content: Sequence[KeptContent]) -> None:
        with self._committing() as cursor:
            for it in content:
                cursor.execute("INSERT INTO sagwan.edition_content VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", it)

    def damage(self) -> str | None:
        return None  # page checksums are the server's own business: reading a harmed page fails

    @contextlib.contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        with self._silence.asking(), self.datastore.get_connection() as connection:
            yield connection

    @contextlib.contextmanager
    def _committing(self) -> Iterator[psycopg.Cursor[Any]]:
        """One transaction that is committed when it is left."""
        with self._silence.asking(), self.datastore.transaction(commit=True) as cursor:
            yield cursor

    def _keeps_contents(self) -> bool:
        ((missing,),) = self._all("SELECT to_regclass('sagwan.edition_content') IS NULL")
        return not missing

    def _operand(self, values: Sequence[object]) -> list[object]:
        return [*values]

    def _all(self, select: str, *operands: object) -> list[Any]:
        with (
            self._connected() as connection,
            unless_silent(connection),
            connection.cursor(row_factory=tuple_row, binary=True) as cursor,
        ):
            return cursor.execute(select.replace("?", "%s").encode(), operands).fetchall()


class Factory(stock.PostgresFactory):
    """Named by PERSISTENCE_MODULE; its connections act as `sagwan_writer`."""

    application_recorder_class = PostgresRecorder

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        assert isinstance(self.datastore.pool.kwargs, dict)
        self.datastore.pool.kwargs |= {"options": "-c role=sagwan_writer", "connect_timeout": AWAY_SECONDS}
