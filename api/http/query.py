"""What a request asks for in its query, and plain JSON answers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from aiohttp import web

from api.problems import Problem
from domain.nearest import UnknownWord
from domain.period import HalfYear, end_of_day

encode = msgspec.json.Encoder(decimal_format="number").encode


def json(value: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(body=encode(value), status=status, content_type="application/json", headers=headers)


def whole_number(request: web.Request, name: str, default: int) -> int:
    """A parameter of the query as a whole number of at most 18 digits. Raises Problem naming it."""
    text = request.query.get(name)
    return default if text is None else number(text, name)


def number(text: str, name: str) -> int:
    """A whole number of at most 18 digits. Raises Problem naming what it was to be."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise Problem(400, "query.invalid", f"{name} is a whole number", parameter=name)
    return int(text)


def switch(request: web.Request, name: str) -> bool:
    """A parameter that is `true` or `false`, by default false. Raises Problem naming it."""
    text = request.query.get(name, "false")
    if text not in ("true", "false"):
        raise Problem(400, "query.invalid", f"{name} is true or false", parameter=name)
    return text == "true"


def half_year(request: web.Request) -> str:
    """The half-year that a path names. Raises Problem unless it reads as one, whether it is known or not."""
    try:
        return str(HalfYear.parse(request.match_info["period"]))
    except ValueError:
        raise Problem(400, "query.invalid", "a half-year reads like 2025S1", parameter="period") from None


def unknown(status: int, code: str, error: UnknownWord, **facts: object) -> Problem:
    """A word that nobody knows, with the nearest that there are."""
    return Problem(status, code, str(error), **({"did_you_mean": error.near} if error.near else {}), **facts)


def ahead(position: int, last: int) -> Problem:
    """A position behind the end of the record."""
    detail = f"the record is not that long yet: it ends at position {last}"
    return Problem(422, "position.ahead", detail, position=position, last=last)


def bounded(value: int, low: int, high: int, name: str) -> int:
    if not low <= value <= high:
        raise Problem(400, "query.invalid", f"{name} is {low} to {high}", parameter=name)
    return value


def rate_sets(texts: Iterable[str]) -> dict[str, int]:
    """Versions of rate sets by their names, from `2025S1:2,2024S2:1`. Raises Problem."""
    found: dict[str, int] = {}
    for text in ",".join(texts).split(","):
        name, colon, version = text.rpartition(":")
        if not (name and colon and version.isascii() and version.isdecimal() and len(version) < 10) or name in found:
            raise Problem(
                400,
                "query.invalid",
                "fx names rate sets once each with a version, as 2025S1:2,2024S2:1",
                parameter="fx",
            )
        found[name] = int(version)
    return found


def moment(text: str, name: str) -> datetime:
    """An instant with its offset, or a date meaning the end of that day in Seoul. Raises Problem."""
    try:
        if len(text) == 10:
            return end_of_day(date.fromisoformat(text))
        # In a query, + reads as a space.
        at = datetime.fromisoformat(text.replace(" ", "+"))
        at = at if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        at = None
    if at is None or at.tzinfo is None:
        raise Problem(
            400,
            "query.invalid",
            f"{name} is a date (2025-06-30) or an instant with its offset (2025-06-30T15:00:00Z)",
            parameter=name,
        )
    return at
