"""`sagwan`, less patient with a database that says nothing."""

from __future__ import annotations

from journal import supervision
from journal.store import postgres
from sagwan import main

postgres.SILENT_SECONDS, postgres.AWAY_SECONDS = 2, 2
supervision.LAST_SECONDS = 1.0

if __name__ == "__main__":
    main()
