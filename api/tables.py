"""What can be read as a table, by its path: the same over HTTP and from a folder without a server."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
import pyarrow as pa

from api.http.query import unknown
from api.problems import Problem
from domain import visibility
from domain.input_policy.authority import Actor
from domain.nearest import UnknownWord
from projections import conditions as words
from projections import disclosure, figures
from projections.definitions import INDICATORS, QUALITATIVE, Indicator, Qualitative
from projections.mirror import public_views
from projections.mirror.public_views import VIEWS
from projections.mirror.snapshot import Reading
from projections.visibility import Seen, without
from replay.editions import published_figures as released
from replay.editions.published_figures import Released

EDITIONS = "disclosure.in_editions"
"""The code of a question for more of figures with persons behind them than editions publish."""

UNKNOWN = "query.unknown_word"
"""The code of a condition with a word that the record does not have."""


class Query(msgspec.Struct, frozen=True):
    """How a table is cut: conditions on columns, slices, a half-year; fewer persons than `suppress` are not shown.

    `reader` is who asks, as `domain.visibility.reader` says: rows are withheld from him, figures count them. Who is an
    `outsider` sees figures of persons as the edition `released` publishes them, and none without one.
    """

    where: dict[str, str] = {}
    by: tuple[str, ...] = ()
    period: str | None = None
    suppress: int = 0
    reader: str | None = None
    outsider: bool = False
    released: Released | None = None

    @classmethod
    def of(cls, path: str, given: Mapping[str, Any]) -> Query:
        """From the parameters of a request to a path. Raises Problem."""
        conditions: dict[str, str] = {}
        for condition in given.get("where") or []:
            name, equals, value = condition.partition("=")
            if not equals:
                raise Problem(400, "query.invalid", "where reads column=value", parameter="where")
            if name in conditions:
                raise Problem(400, "query.invalid", f"where says {name} twice; a row has one", parameter="where")
            conditions[name] = value
        by = tuple(filter(None, (given.get("by") or "").split(",")))
        if len({*by}) < len(by):
            raise Problem(400, "query.invalid", "by names a slice twice", parameter="by")
        period = given.get("period")
        if period is not None and conditions.get("period", period) != period:
            raise Problem(400, "query.invalid", "period and where name two half-years", parameter="period")
        suppress = str(given.get("suppress") or 0)
        if not (suppress.isascii() and suppress.isdecimal() and len(suppress) < 10):
            raise Problem(400, "query.invalid", "suppress is a number of persons", parameter="suppress")
        if int(suppress) and path.startswith("/v1/views/") and path != "/v1/views/hub_performance":
            raise Problem(
                400, "query.invalid", "suppress is of figures: indicators and hub_performance", parameter="suppress"
            )
        return cls(conditions, by, period, int(suppress))


def sees_all(actor: Actor, hub: str | None = None) -> bool:
    """Whether somebody sees figures with few persons behind them: who audits or keeps the record, a hub its own."""
    own = actor.role == "hub" and hub is not None and actor.hub == hub
    return own or visibility.reader(actor) is None


def published(query: Query, actor: Actor) -> Query:
    """What an actor may see of rows and of figures with persons behind them. Raises Problem."""
    outsider = not sees_all(actor, query.where.get("hub"))
    if outsider and query.suppress > disclosure.LEAST:
        detail = f"editions withhold below {disclosure.LEAST} persons; a larger threshold is for who sees all of it"
        raise Problem(403, EDITIONS, detail, parameter="suppress")
    return msgspec.structs.replace(query, reader=visibility.reader(actor), outsider=outsider)


def concerns_persons(path: str) -> bool:
    """Whether a path names figures with persons behind them."""
    match path.removeprefix("/v1/").split("/"):
        case ["indicators", code, *_]:
            return (it := INDICATORS.get(code.upper())) is not None and it.persons
        case _:
            return path == "/v1/views/hub_performance"


def table(reading: Reading, path: str, query: Query) -> Seen:
    """The table that a path under /v1/ names, as its reader sees it, and how many rows are withheld from him.

    Raises Problem when there is none, or it cannot be cut so.
    """
    match path.removeprefix("/v1/").split("/"):
        case ["indicators"]:
            listed = [*map(_flat, INDICATORS.values()), *map(_flat, QUALITATIVE.values())]
            return Seen(pa.Table.from_pylist(listed))
        case ["indicators", code]:
            it = indicator(code)
            with told():
                _check(reading, query)
                if query.outsider and it.persons:
                    if query.released is None:
                        raise _in_editions(it)
                    return Seen(released.figures(query.released, it, query.by, query.where, query.period))
                if query.suppress and it.persons:
                    least = query.suppress
                    return Seen(disclosure.figures(reading, it, query.by, query.where, query.period, least=least))
                return Seen(figures.figures(reading, it, query.by, query.where, query.period))
        case ["indicators", code, "evidence"]:
            it = indicator(code)
            if query.outsider and it.persons:
                raise _in_editions(it)
            with told():
                _check(reading, query)
                return without(reading, query.reader, figures.evidence(reading, it, query.where, query.period))
        case ["views", name]:
            if name not in VIEWS:
                raise unknown(404, "view.none", UnknownWord(f"no view is called {name!r}", name, VIEWS), views=[*VIEWS])
            with told():
                _check(reading, query, name)
                if name == "hub_performance" and query.outsider:
                    for it in INDICATORS.values():
                        if it.persons and it.column in query.where:  # whether a row is there would tell its figure
                            raise _in_editions(it)
                    return Seen(released.performance(reading, query.where, query.released))
                if name == "hub_performance" and query.suppress:
                    return Seen(disclosure.performance(reading, query.where, least=query.suppress))
                return public_views.seen(reading, name, query.where, query.reader)
    raise Problem(404, "http.404", "nothing to read is here")


def _in_editions(it: Indicator) -> Problem:
    detail = (
        f"persons are behind {it.code}: it is read as editions publish it, with `known=2025S1/1` and `period=2025S1`, "
        "by hub, ministry, region, field or country. GET /v1/editions lists them. A hub reads its own by `where=hub=…`"
    )
    return Problem(403, EDITIONS, detail)


def _check(reading: Reading, query: Query, view: str = "") -> None:
    """Raises UnknownWord or ValueError for a condition that no row can ever meet."""
    period = {} if query.period is None else {"period": query.period}
    for column, word in (query.where | period).items():
        words.check(reading, column, word, view)


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Raises Problem for words and values that are not to be found."""
    try:
        yield
    except UnknownWord as error:
        raise unknown(400, UNKNOWN, error) from None
    except ValueError as error:
        raise Problem(400, "query.invalid", str(error)) from None


def _flat(it: Indicator | Qualitative) -> dict[str, Any]:
    """An indicator as a row: its definition is columns, `means_ko` and so on. One in words has no unit and no query."""
    row = msgspec.structs.asdict(it)
    for language, definition in row.pop("definition").items():
        row |= {f"{name}_{language}": text for name, text in msgspec.structs.asdict(definition).items()}
    return row


def indicator(code: str) -> Indicator:
    """Raises Problem for a code that is not there."""
    if (found := INDICATORS.get(code.upper())) is None:
        error = UnknownWord("no indicator has this code", code, INDICATORS)
        raise unknown(404, "indicator.none", error, indicators=sorted(INDICATORS))
    return found


def indicators(codes: Iterable[str]) -> list[Indicator]:
    """Each once, in the order in which they are named first. Raises Problem for a code that is not there."""
    return [*{it.code: it for it in map(indicator, codes)}.values()]
