"""Writes what is made from declarations and committed: `python -m tests.written`. A test of each fails until it is."""

from __future__ import annotations

from api.http.openapi import row_schemas
from tests.api import authorisation, view_rows
from tests.domain import drawings
from tests.mirrors import empty, reading

if __name__ == "__main__":
    drawings.FILE.write_text(drawings.document(), encoding="utf-8")
    authorisation.FILE.write_text(authorisation.matrix(), encoding="utf-8")
    row_schemas.FILE.write_bytes(view_rows.encoded(view_rows.view_rows(reading(empty()))))
