"""A long table on a page: one sheet of its rows, and the choices that narrow it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

import pyarrow as pa
import pyarrow.compute as pc

from api.problems import unknown_word
from api.reads.asked import parse_number
from api.reads.tables import UNKNOWN
from api.web.page import Page, Row
from domain.nearest import UnknownWord
from domain.words import PAGES, STREAMS

MOST = 100
"""Rows of a sheet."""


class Sheet(NamedTuple):
    """The rows from `first` to `last` of a table of `total`, from 1 on; sheet `number` of `sheets`."""

    rows: list[Row]
    first: int
    last: int
    total: int
    number: int
    sheets: int


def sheet(page: Page, table: pa.Table) -> Sheet:
    """The sheet that the page names; the last where there are fewer. Raises Problem for what is no number."""
    total = table.num_rows
    sheets = max(1, -(-total // MOST))
    number = min(max(1, parse_number(page.query.get("page") or "1", "page")), sheets)
    start = (number - 1) * MOST
    rows: list[Row] = table.slice(start, MOST).to_pylist()
    return Sheet(rows, start + min(1, total), start + len(rows), total, number, sheets)


def with_more(page: Page, view: str, of: Sheet, fields: str) -> Sheet:
    """The same rows with more columns of their view, read for these rows alone."""
    streams = [row["stream"] for row in of.rows]
    if not streams:
        return of
    wanted = ("where", f"stream={','.join(streams)}"), ("fields", f"stream,{fields}")
    more = {row["stream"]: row for row in page.beside(view, *wanted)}
    return of._replace(rows=[row | more[row["stream"]] for row in of.rows if row["stream"] in more])


def chosen(page: Page, *columns: str) -> list[tuple[str, str]]:
    """The conditions that the page sets on columns by parameters of their names."""
    values = ((name, page.query.get(name)) for name in columns)
    return [("where", f"{name}={value.replace(',', chr(92) + ',')}") for name, value in values if value]


def call_of(page: Page, address: str, *columns: str, **conditions: str) -> str:
    """The API call that answers the rows of a table: one that the page made, narrowed as the page is by
    parameters named as columns, and by conditions."""
    call = page.calls[address]
    where = [*chosen(page, *columns), *(("where", f"{name}={value}") for name, value in conditions.items())]
    more = urlencode([it for it in where if urlencode([it], safe="=,:/") not in call], safe="=,:/")
    return f"{call}{'&' if '?' in call else '?'}{more}" if more else call


Choice = tuple[str, list[tuple[str, str]]]
"""The label of a parameter, and the values that it may have, each with its label."""


def narrowed(page: Page, table: pa.Table, *columns: str) -> pa.Table:
    """The rows whose columns have the values of the parameters of the same name."""
    for name in columns:
        if wanted := page.query.get(name):
            table = table.filter(pc.equal(table[name], wanted))
    return table


def check_word(page: Page, name: str, values: Iterable[str]) -> None:
    """Raises Problem where a parameter of the page is given and is none of the values."""
    if (wanted := page.query.get(name)) and wanted not in (there := [*values]):
        raise unknown_word(400, UNKNOWN, UnknownWord("called_so", wanted, there, name=name), parameter=name)


def checked(page: Page, choices: Mapping[str, Choice]) -> Mapping[str, Choice]:
    """The same choices. Raises Problem where the page chooses anything else."""
    for name, (_, values) in choices.items():
        check_word(page, name, [it for it, _ in values])
    return choices


def hub_choice(page: Page) -> Choice:
    """All hubs, and the one that the page is narrowed to where it came later."""
    hubs = dict(page.hubs)
    if (wanted := page.query.get("hub")) and wanted not in hubs and (later := page.of_point().hubs.get(wanted)):
        hubs[wanted] = later
    return page.say(PAGES["hub"]), [(code, page.named(row)) for code, row in hubs.items()]


def status_choice(page: Page, kind: str) -> Choice:
    return page.say(PAGES["status"]), [(it, page.status(kind, it)) for it in STREAMS.statuses[kind]]


def field_choice(page: Page, fields: set[str | None]) -> Choice:
    """Fields of technology that are there."""
    return page.say(PAGES["field"]), [(it, page.value("field", it)) for it in sorted(filter(None, fields))]
