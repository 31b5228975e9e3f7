"""What can be read as a table, by its path: the same over HTTP and from a folder without a server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pyarrow as pa

from api.problems import Problem
from projections import evidence
from projections.evidence import Indicator
from projections.reading import Reading

VIEWS = ("audit_trail", "cases", "exchanges", "hub_performance", "hubs", "irregularities", "projects")


class Query(msgspec.Struct, frozen=True):
    """How a table is cut: conditions on columns, slices, a half-year."""

    where: dict[str, str] = {}
    by: tuple[str, ...] = ()
    period: str | None = None

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
        return cls(conditions, by, given.get("period") or None)


def table(reading: Reading, path: str, query: Query) -> pa.Table:
    """The table that a path under /v1/ names. Raises Problem when there is none, or it cannot be cut so."""
    try:
        match path.removeprefix("/v1/").split("/"):
            case ["indicators"]:
                listed = [msgspec.structs.asdict(it) for it in evidence.indicators().values()]
                return pa.Table.from_pylist(listed)
            case ["indicators", code]:
                return evidence.figures(reading, indicator(code).code, query.by, query.where, query.period)
            case ["indicators", code, "evidence"]:
                return evidence.evidence(reading, indicator(code).code, query.where, query.period)
            case ["views", name] if name in VIEWS:
                return _view(reading, name, query.where)
            case ["views", name]:
                raise Problem(404, "view.none", f"no view is called {name!r}", views=sorted(VIEWS))
        raise Problem(404, "http.404", "nothing to read is here")
    except ValueError as error:
        raise Problem(400, "query.invalid", str(error)) from None


def indicator(code: str) -> Indicator:
    """Raises Problem for a code that is not there."""
    if (found := evidence.indicators().get(code.upper())) is None:
        raise Problem(404, "indicator.none", "no indicator has this code", indicators=sorted(evidence.indicators()))
    return found


def _view(reading: Reading, name: str, where: Mapping[str, str]) -> pa.Table:
    columns = [row[0] for row in reading.rows(f"DESCRIBE {name}")]
    for column in where:
        if column not in columns:
            raise ValueError(f"{name} has no column {column}; there are {', '.join(columns)}")
    conditions = " AND ".join(f'"{column}"::VARCHAR = ?' for column in where) or "true"
    return reading.table(f"FROM {name} WHERE {conditions} ORDER BY ALL", list(where.values()))
