"""An edition in the forms in which it is handed on: JSON, a page to print, a spreadsheet, its first page for Hancom
Office."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache

from msgspec.structs import replace

from api.formats import encode_json
from domain.visibility import Reader
from journal.store.journal import Journal
from replay.editions.check_status import visible_findings
from replay.editions.editions import PublishedEdition
from replay.editions.period_figures import FigureCache
from replay.report.content import edition_document, edition_report
from replay.report.hwpx_page import hwpx_page
from replay.report.page import STYLE, Cell, page
from replay.report.workbook import workbook

FORMATS = {
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "hwpx": "application/hwp+zip",
}


def render_edition(
    journal: Journal,
    figure_cache: FigureCache,
    period: str,
    it: PublishedEdition,
    format_: str,
    server: str = "",
    reader: Reader | None = None,
    language: str = "ko",
    now: Mapping[Cell, str | None] | None = None,
) -> bytes:
    """An edition, computed from its key and measured against its digest, in one of FORMATS.

    `server` is the origin that the links of the page lead to, `language` the one that it shows at first; `reader` sees
    no findings that are not for him (`domain.visibility.Reader`). `now` has the figures that the page marks,
    as they would be others. Raises NotAsPublished, UnknownVersion, NoWriter.
    """
    report = edition_report(journal, figure_cache, period, it)
    report = replace(report, standing=visible_findings(report.standing, reader))
    if format_ == "json":
        return encode_json(edition_document(report))
    if format_ == "hwpx":
        return hwpx_page(report, language)
    return page(report, server, language, now).encode() if format_ == "html" else workbook(report)


@cache
def content_security_policy() -> str:
    """What a browser lets the page do: its own styles, known by their digest, and links; nothing else."""
    digest = base64.b64encode(hashlib.sha256(STYLE.read_bytes()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
