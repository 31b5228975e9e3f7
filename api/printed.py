"""An edition in the forms in which it is handed on: JSON, a page to print, a spreadsheet."""

from __future__ import annotations

from api.query import encode
from journal.journal import Journal
from replay.editions import Published
from replay.figures import Abacus
from replay.page import page
from replay.report import document, report
from replay.workbook import workbook

FORMATS = {
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def printed(journal: Journal, abacus: Abacus, period: str, it: Published, format_: str, server: str = "") -> bytes:
    """An edition, computed from its key and measured against its digest, in one of FORMATS.

    `server` is the origin that the links of the page lead to. Raises NotAsPublished, UnknownVersion, NoWriter.
    """
    told = report(journal, abacus, period, it)
    if format_ == "json":
        return encode(document(told))
    return page(told, server).encode() if format_ == "html" else workbook(told)
