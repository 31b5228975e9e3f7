"""The special committee (글로벌 R&D 특별위원회): its sessions, what was on the agenda, what it thought and decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.reads import catalogue
from api.web.page import Page, Row

MOST = 20
"""Sessions that are shown, the last first."""


def sessions(page: Page) -> Mapping[str, Any]:
    every = sorted(
        page.rows(catalogue.VIEW, {"view": "sessions"}), key=lambda row: (row["on"], row["session"]), reverse=True
    )
    items: dict[str, list[Row]] = {}
    for row in page.rows(catalogue.VIEW, {"view": "session_items"}):
        items.setdefault(row["session"], []).append(row)
    return {"sessions": every[:MOST], "count": len(every), "items": items, "withheld": page.withheld}
