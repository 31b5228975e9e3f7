"""`sagwan`, less patient with a database that says nothing."""

from __future__ import annotations

from journal import supervision
from journal.store import postgres, postgres_lock, postgres_schema, postgres_silence
from sagwan import main

postgres_silence.SILENT_SECONDS = 2
for module in (postgres, postgres_lock, postgres_schema):
    vars(module)["AWAY_SECONDS"] = 2
supervision.LAST_SECONDS = 1.0

if __name__ == "__main__":
    main()
