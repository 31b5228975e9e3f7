"""What can be read as a table, by its path: the same over HTTP and from a folder without a server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pyarrow as pa

from api.problems import Problem
from domain import visibility
from domain.authority import Actor
from projections import disclosure, evidence, public
from projections.definitions import INDICATORS, QUALITATIVE, Indicator, Qualitative
from projections.public import VIEWS
from projections.reading import Reading
from projections.visibility import Seen, without


class Query(msgspec.Struct, frozen=True):
    """How a table is cut: conditions on columns, slices, a half-year; fewer persons than `suppress` are not shown.

    `reader` is who asks, as `domain.visibility.reader` says: rows are withheld from him, figures count them.
    """

    where: dict[str, str] = {}
    by: tuple[str, ...] = ()
    period: str | None = None
    suppress: int = 0
    reader: str | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Query:
        """From the parameters of a request. Raises Problem."""
        conditions = {}
        for condition in given.get("where") or []:
            name, equals, value = condition.partition("=")
            if not equals:
                raise Problem(400, "query.invalid", "where reads column=value", parameter="where")
            conditions[name] = value
        by = tuple(filter(None, (given.get("by") or "").split(",")))
        suppress = str(given.get("suppress") or 0)
        if not (suppress.isascii() and suppress.isdecimal() and len(suppress) < 10):
            raise Problem(400, "query.invalid", "suppress is a number of persons", parameter="suppress")
        return cls(conditions, by, given.get("period") or None, int(suppress))


def sees_all(actor: Actor, hub: str | None = None) -> bool:
    """Whether somebody sees figures with few persons behind them: who audits or keeps the record, a hub its own."""
    own = actor.role == "hub" and hub is not None and actor.hub == hub
    return own or visibility.reader(actor) is None


def published(query: Query, actor: Actor) -> Query:
    """What an actor may see of rows, and of figures with few persons behind them; a larger `suppress` may be asked."""
    least = 0 if sees_all(actor, query.where.get("hub")) else disclosure.LEAST
    return msgspec.structs.replace(query, suppress=max(query.suppress, least), reader=visibility.reader(actor))


def table(reading: Reading, path: str, query: Query) -> Seen:
    """The table that a path under /v1/ names, as its reader sees it, and how many rows are withheld from him.

    Raises Problem when there is none, or it cannot be cut so.
    """
    try:
        match path.removeprefix("/v1/").split("/"):
            case ["indicators"]:
                listed = [*map(_flat, INDICATORS.values()), *map(_flat, QUALITATIVE.values())]
                return Seen(pa.Table.from_pylist(listed))
            case ["indicators", code]:
                it = indicator(code)
                if query.suppress and it.persons:
                    least = query.suppress
                    return Seen(disclosure.figures(reading, it, query.by, query.where, query.period, least=least))
                return Seen(evidence.figures(reading, it, query.by, query.where, query.period))
            case ["indicators", code, "evidence"]:
                found = evidence.evidence(reading, indicator(code), query.where, query.period)
                return without(reading, query.reader, found)
            case ["views", "hub_performance"] if query.suppress:
                return Seen(disclosure.performance(reading, query.where, least=query.suppress))
            case ["views", name] if name in VIEWS:
                return public.seen(reading, name, query.where, query.reader)
            case ["views", name]:
                raise Problem(404, "view.none", f"no view is called {name!r}", views=sorted(VIEWS))
        raise Problem(404, "http.404", "nothing to read is here")
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
        raise Problem(404, "indicator.none", "no indicator has this code", indicators=sorted(INDICATORS))
    return found
