"""Partners (협력기관): who they are, on which lists they were looked for, and in how many projects they take part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from api.reads import catalogue
from api.web.counting import among, counted, distinct
from api.web.listing import checked, narrowed, sheet, with_more
from api.web.page import Page
from api.web.wording import CODED
from domain.registry import STREAM
from domain.words import PAGES, VALUES

KINDS = ("UNIVERSITY", "INSTITUTE", "COMPANY", "GOVERNMENT", "HOSPITAL", "OTHER")


COUNTED = "stream,name,country,kind"
"""The columns of all partners; those of a sheet have more."""

SHOWN = "hub,status,ror,merged_into,root,screened"


def partners(page: Page) -> Mapping[str, Any]:
    whole = page.table(catalogue.VIEW, {"view": "partners"}, ("fields", COUNTED))
    withheld, listed = page.withheld, narrowed(page, whole, "country", "kind")
    there = sorted(it for it in whole["country"].unique().to_pylist() if it)
    shown = with_more(page, "partners", sheet(page, listed), SHOWN)
    keys = [row["stream"].partition(":")[2] for row in shown.rows]
    part = page.table(catalogue.VIEW, {"view": "project_participants"}, ("fields", "stream,partner"))
    return {
        "sheet": shown,
        "count": listed.num_rows,
        "withheld": withheld,
        "projects": counted(distinct(among(part, "partner", keys), "stream", "partner"), "partner"),
        "choices": checked(
            page,
            {
                "country": (page.say(PAGES["country"]), [(it, page.value("country", it)) for it in there]),
                "kind": (page.say(PAGES["partner_kind"]), [(it, page.say(VALUES["kind"][it])) for it in KINDS]),
            },
        ),
    }


def names(page: Page, keys: Iterable[str | None]) -> Mapping[str, str]:
    """The names of partners, by those of the keys that belong to one."""
    streams = sorted(it for it in {f"partner:{key}" for key in keys if key} if STREAM.fullmatch(it))
    if not streams:
        return {}
    rows = page.beside("partners", ("where", f"stream={','.join(streams)}"), ("fields", "stream,name"))
    return {row["stream"].partition(":")[2]: row["name"] for row in rows if row["name"]}


def called(page: Page, answer: Any) -> Mapping[str, str]:
    """The names of the partners, centres and hubs whose keys are in the answer of a read."""
    keys = {*_keys(answer)}
    if not keys:
        return {}
    hubs = {key: page.named(row) for key, row in page.hubs.items() if key in keys}
    centres = {row["centre"]: page.named(row) for row in page.beside("centres") if row["centre"] in keys - hubs.keys()}
    found = {**names(page, keys - hubs.keys() - centres.keys()), **centres, **hubs}
    return {key: name for key, name in found.items() if name and name != key}


def _keys(answer: Any, field: str = "") -> Iterator[str]:
    """The texts in places where the key of a partner, a centre or a hub is expected."""
    match answer:
        case dict():
            for name, inner in answer.items():
                if field in CODED:
                    yield name
                yield from _keys(inner, name)
        case list():
            for inner in answer:
                yield from _keys(inner, field)
        case str() if field in CODED:
            yield answer
