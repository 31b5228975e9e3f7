"""Search (찾기) over names, titles and numbers, of what its reader may see, as of the point of the page."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from api.problems import Problem
from api.reads import catalogue
from api.reads.asked import parse_number
from api.web.page import Page, Row
from domain.registry import KINDS
from domain.words import PAGES, Phrase
from projections.definitions import INDICATORS

MOST = 12
"""How many results of each kind are shown."""

POSITION = 18
"""A number with more digits is no position."""

BY_NAME: Mapping[str, tuple[Phrase, Sequence[str], tuple[str, str]]] = {
    "projects": (PAGES["of_projects"], ("title_ko", "title_en"), ("title_ko", "title_en")),
    "strategy_maps": (PAGES["maps"], ("title_ko", "title_en"), ("title_ko", "title_en")),
    "partners": (PAGES["of_partners"], ("name",), ("name", "name")),
    "centres": (PAGES["of_centres"], ("name_ko", "name_en", "centre", "operator", "city"), ("name_ko", "name_en")),
}
"""Views that are searched for a part of a text: the heading of what is found, the columns searched, and those of its
name in Korean and English."""

BY_KEY = {"case": "cases", "exchange": "exchanges", "expansion": "expansions", "project": "projects"}
"""By kind, the views that are searched by how the key of a stream begins."""

TOP = "\U0010ffff"
"""Sorts after everything that begins with a key."""


class Found(NamedTuple):
    """`said` is its name, `more` what is shown next to it."""

    link: str
    said: str
    more: str = ""


class Group(NamedTuple):
    """The results of one kind; `cut` where there are more."""

    said: str
    found: Sequence[Found]
    cut: bool


def search(page: Page) -> Mapping[str, Any]:
    q = unicodedata.normalize("NFC", page.query.get("q", "")).strip()
    groups = [it for it in _groups(page, q) if it.found] if q else []
    return {"q": q, "groups": groups, "count": sum(len(it.found) for it in groups)}


def _groups(page: Page, q: str) -> Iterator[Group]:
    wanted = q.casefold()
    yield _group(page, PAGES["of_entries"], _entries(page, q))
    yield _group(page, PAGES["of_streams"], _streams(page, q))
    yield _group(page, PAGES["hubs"], _hubs(page, wanted))
    yield _group(page, PAGES["indicators"], _indicators(page, wanted))
    for view, (heading, columns, names) in BY_NAME.items():
        yield _group(page, heading, _named(page, view, columns, names, q))
    for kind, view in BY_KEY.items():
        yield _group(page, PAGES[f"of_{view}"], _keyed(page, kind, view, q))


def _group(page: Page, heading: Phrase, found: Iterator[Found]) -> Group:
    first = [it for _, it in zip(range(MOST + 1), found, strict=False)]
    return Group(page.say(heading), first[:MOST], len(first) > MOST)


def _entries(page: Page, q: str) -> Iterator[Found]:
    number = q.replace(",", "")
    if not (number.isascii() and number.isdecimal() and len(number) <= POSITION):
        return
    position = str(parse_number(number, "q"))
    document = _there(lambda: page.document(catalogue.EVENT, {"position": position}))
    if document and (page.at.known is None or int(position) <= page.at.known):
        entry = document["entry"]
        yield Found(
            page.link(f"/entries/{position}"), f"{position} {page.type_title(entry['fact']['type'])}", entry["stream"]
        )


def _streams(page: Page, q: str) -> Iterator[Found]:
    """The stream of this name, or those whose key this is, of any kind."""
    kind, colon, _ = q.partition(":")
    for name in [q] if colon and kind in KINDS else [f"{it}:{q}" for it in KINDS]:
        if document := _there(lambda name=name: page.document(catalogue.STREAM, {"stream": name})):
            yield Found(page.link(f"/streams/{name}"), name, page.status(document["kind"], document["state"]["status"]))


def _there(read: Any) -> Any:
    """What is read, None where it is not there or the reader may not see it."""
    try:
        return read()
    except Problem as problem:
        if problem.status not in (403, 404):
            raise
        return None


def _hubs(page: Page, wanted: str) -> Iterator[Found]:
    for row in page.hubs.values():
        words = (row["hub"], row["name_ko"], row["name_en"], row["city"], row["operator_ko"], row["operator_en"])
        if any(wanted in str(it or "").casefold() for it in words):
            yield Found(page.link(f"/hubs/{row['hub']}"), page.named(row), row["hub"])


def _indicators(page: Page, wanted: str) -> Iterator[Found]:
    for code, it in sorted(INDICATORS.items()):
        if any(wanted in text.casefold() for text in (code, it.ko, it.en)):
            yield Found(page.link(f"/indicators/{code}"), page.say((it.ko, it.en)), code)


def _named(page: Page, view: str, columns: Sequence[str], names: tuple[str, str], q: str) -> Iterator[Found]:
    table = page.table(catalogue.VIEW, {"view": view})
    columns = [it for it in columns if it in table.column_names]
    masks = [
        pc.fill_null(pc.match_substring(table[it].cast(pa.string()), q, ignore_case=True), False) for it in columns
    ]
    if not masks:
        return
    for row in table.filter(reduce(pc.or_, masks)).slice(0, MOST + 1).to_pylist():
        yield Found(page.link(f"/streams/{row['stream']}"), _name(page, row, names), row["stream"])


def _name(page: Page, row: Row, names: tuple[str, str]) -> str:
    return str(row[names[0]] or "") if names[0] == names[1] else page.named(row, *names)


def _keyed(page: Page, kind: str, view: str, q: str) -> Iterator[Found]:
    key = q.removeprefix(f"{kind}:")
    if ":" in key or "," in key:
        return
    where = [("where", f"stream>={kind}:{key}"), ("where", f"stream<{kind}:{key}{TOP}")]
    for row in page.rows(catalogue.VIEW, {"view": view}, *where, ("limit", str(MOST + 1))):
        yield Found(page.link(f"/streams/{row['stream']}"), row["stream"], page.status(kind, row["status"]))
