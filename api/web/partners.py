"""Partners (협력기관): who they are, on which lists they were looked for, and in how many projects they take part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from api.reads import catalogue
from api.web.listing import checked, narrowed, sheet
from api.web.page import Page
from domain.words import PAGES, VALUES

KINDS = ("UNIVERSITY", "INSTITUTE", "COMPANY", "GOVERNMENT", "HOSPITAL", "OTHER")


def partners(page: Page) -> Mapping[str, Any]:
    whole = page.table(catalogue.VIEW, {"view": "partners"})
    withheld, listed = page.withheld, narrowed(page, whole, "country", "kind")
    there = sorted({it for it in whole["country"].to_pylist() if it})
    part = page.rows(catalogue.VIEW, {"view": "project_participants"}, ("fields", "stream,partner"))
    return {
        "sheet": sheet(page, listed),
        "count": listed.num_rows,
        "withheld": withheld,
        "projects": Counter(partner for _, partner in {(row["stream"], row["partner"]) for row in part}),
        "choices": checked(
            page,
            {
                "country": (page.say(PAGES["country"]), [(it, page.value("country", it)) for it in there]),
                "kind": (page.say(PAGES["partner_kind"]), [(it, page.say(VALUES["kind"][it])) for it in KINDS]),
            },
        ),
    }


def names(page: Page) -> Mapping[str, str]:
    """What partners are called, by their keys."""
    rows = page.rows(catalogue.VIEW, {"view": "partners"}, ("fields", "stream,name"))
    return {row["stream"].partition(":")[2]: row["name"] for row in rows if row["name"]}
