"""Who is at fault for a failure: the database, which may soon be well again, or the content it was given."""

from __future__ import annotations

import sqlite3

from eventsourcing import persistence

from journal.store.recorder import Displaced

_OF_THE_CONTENT = (sqlite3.DataError, sqlite3.IntegrityError, persistence.DataError, persistence.IntegrityError)
_OF_THE_DATABASE = (sqlite3.Error, persistence.PersistenceError, OSError, MemoryError, Displaced)
_CONTENT_STATES = ("22", "23", "54")
"""Classes of SQLSTATE (PostgreSQL, appendix A): data exception, integrity violation, program limit exceeded."""


def of_the_database(error: BaseException) -> bool:
    """Whether the same content may be taken later. False for any other failure: the same would fail again."""
    state = str(getattr(error.__cause__ or error, "sqlstate", None) or "")
    if isinstance(error, _OF_THE_CONTENT) or state.startswith(_CONTENT_STATES):
        return False
    return isinstance(error, _OF_THE_DATABASE)


def of_the_disk(error: BaseException) -> bool:
    """Whether there is no room for what was to be written."""
    return any(words in str(error).lower() for words in ("disk is full", "disk i/o error", "no space left"))
