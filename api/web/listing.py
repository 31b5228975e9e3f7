"""A long table on a page: a sheet of so many rows of it, and the choices by which it is narrowed."""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa

from api.reads.asked import parse_number
from api.web.page import Page, Row
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


def chosen(page: Page, *columns: str) -> list[tuple[str, str]]:
    """The conditions that the page sets on columns by parameters of their names."""
    said = ((name, page.query.get(name)) for name in columns)
    return [("where", f"{name}={value.replace(',', chr(92) + ',')}") for name, value in said if value]


Choice = tuple[str, list[tuple[str, str]]]
"""What a parameter is called, and the values that it may have with what each is called."""


def hub_choice(page: Page) -> Choice:
    return page.say(PAGES["hub"]), [(code, page.named(row)) for code, row in page.hubs.items()]


def status_choice(page: Page, kind: str) -> Choice:
    return page.say(PAGES["status"]), [(it, page.status(kind, it)) for it in STREAMS.statuses[kind]]


def field_choice(page: Page, fields: set[str | None]) -> Choice:
    """Fields of technology: those that are there, and the one that is chosen."""
    there = sorted({it for it in (*fields, page.query.get("field")) if it})
    return page.say(PAGES["field"]), [(it, page.value("field", it)) for it in there]
