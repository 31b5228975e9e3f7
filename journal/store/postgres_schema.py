"""The tables of a record in PostgreSQL, and how a database is brought up to date."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from domain.messages import Invalid, unlisted
from journal.store.recorder import FORMAT, Unprepared, check_format

AWAY_SECONDS = 10
"""How long it may take to connect."""

SCHEMA = Path(__file__).with_name("postgres.sql").read_text(encoding="utf-8").replace("$FORMAT", str(FORMAT))


WRITER_LOCK = 0x5A67_77A6
"""The advisory lock that the one writer of a database holds."""


def prepare(url: str) -> None:
    """Brings the database up to date. One that already is needs no right to create anything.

    Raises Newer, Unprepared where the user may not create what is missing, ValueError before PostgreSQL 17.
    """
    with psycopg.connect(url) as connection:
        if connection.info.server_version < 170000:
            raise Invalid("record.postgres")
        found = stored_format(lambda select: connection.execute(select.encode()).fetchall())
        check_format(found)
        if found == FORMAT:
            return
        try:
            connection.execute(SCHEMA.encode())
        except psycopg.errors.InsufficientPrivilege as error:
            because = unlisted(str(error.diag.message_primary))
            raise Unprepared("record.unprepared", because=because, statements=SCHEMA) from None


def stored_format(ask: Callable[[str], list[Any]]) -> int:
    ((missing,),) = ask("SELECT to_regclass('sagwan.format') IS NULL")
    return 0 if missing else int(ask("SELECT coalesce(max(number), 0) FROM sagwan.format")[0][0])


def library_settings(url: str) -> dict[str, str]:
    """The library's settings for the database that a URL names."""
    given = conninfo_to_dict(url)
    return {
        "PERSISTENCE_MODULE": "journal.store.postgres",
        "POSTGRES_DBNAME": str(given.get("dbname") or given.get("user") or ""),
        "POSTGRES_HOST": str(given.get("host") or "127.0.0.1"),
        "POSTGRES_PORT": str(given.get("port") or "5432"),
        "POSTGRES_USER": str(given.get("user") or ""),
        "POSTGRES_PASSWORD": str(given.get("password") or ""),
        "POSTGRES_SCHEMA": "sagwan",
        "POSTGRES_ENABLE_DB_FUNCTIONS": "n",
        "POSTGRES_POOL_SIZE": "1",
        "POSTGRES_MAX_OVERFLOW": "5",
        "POSTGRES_CONNECT_TIMEOUT": str(AWAY_SECONDS),
    }
