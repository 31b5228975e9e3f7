"""Whether a query can have rows, judged from its SQL and the fact types present: one sure to be empty is not planned.

A query has no rows if what it reads from has none: `FROM case_resolved JOIN sla_bound` needs both. Conditions are
ignored, so a query that may have rows need not have any.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Any, NamedTuple, TypeAlias

import duckdb
import msgspec

from domain.registry import TYPES
from projections.definition_files import sql_parser
from projections.definitions import INDICATORS, IRREGULARITIES
from projections.mirror.schema import reader_sql, table_of
from projections.mirror.shared_sql import in_force, plain_sql

Node: TypeAlias = dict[str, Any]
"""A part of a statement as DuckDB's parser returns it (`json_serialize_sql`)."""


class Needs(NamedTuple):
    """What a query needs to have rows: `every` one of these, or else any one. A text is a name that it reads from."""

    every: bool
    of: tuple[Needs | str, ...]


ALWAYS = Needs(True, ())


class Rows:
    """What has rows in a record with facts of these types, where these tables are known to be `empty`."""

    def __init__(self, types: AbstractSet[str], empty: Container[str] = ()) -> None:
        self._types = types
        self._empty = empty
        self._found: dict[str, bool] = {}

    def may_have(self, view: str) -> bool:
        """Whether a view in force may have rows; always True for an earlier one, or for what is no view."""
        if view in self._empty:
            return False
        if view not in self._found:
            self._found[view] = self._has(view.removeprefix("main."))
        return self._found[view]

    def _has(self, name: str) -> bool:
        if (type_ := _types().get(name)) is not None:
            return type_ in self._types
        return self._met(needs(name))

    def _met(self, it: Needs | str) -> bool:
        if isinstance(it, str):
            return self.may_have(it)
        return all(map(self._met, it.of)) if it.every else any(map(self._met, it.of))


def types_of(cursor: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The types of the entries that there are, whether or not they still hold."""
    return frozenset(type_ for (type_,) in cursor.execute("SELECT DISTINCT type FROM record.event").fetchall())


@cache
def needs(view: str) -> Needs:
    """What a view needs to have rows."""
    nodes = _rules() if view.startswith("irregularity.") else _views()
    return _node(nodes[view], {}, {}) if view in nodes else ALWAYS


@cache
def _types() -> dict[str, str]:
    """The types of facts by the tables that hold them."""
    return {f"{schema}{table_of(tag)}": tag for tag in TYPES for schema in ("", "record.")}


@cache
def _views() -> dict[str, Node]:
    shared = {name: it.text.partition(" AS")[2] for name, it in in_force().items() if "CREATE VIEW" in it.text}
    return _parsed(shared | {it.view: it.sql for it in INDICATORS.values()})


@cache
def _rules() -> dict[str, Node]:
    return _parsed({it.view: it.sql for it in IRREGULARITIES.values()})


@cache
def _macros() -> dict[str, tuple[list[str], Node]]:
    """The parameters and the query of each macro that makes a table."""
    made = (re.search(r"CREATE MACRO (\w+)\(([^)]*)\) AS TABLE(.*)", it.text, re.DOTALL) for it in in_force().values())
    macros = {it[1]: (it[2], it[3]) for it in made if it}
    nodes = _parsed({name: query for name, (_, query) in macros.items()})
    return {name: ([it.strip() for it in listed.split(",")], nodes[name]) for name, (listed, _) in macros.items()}


def _parsed(queries: Mapping[str, str]) -> dict[str, Node]:
    """Queries as DuckDB's parser returns them: one call for all takes a quarter of the time."""
    texts = [reader_sql(it).strip().rstrip(";") for it in queries.values()]
    parse = "SELECT json_serialize_sql(it, skip_null := true, skip_empty := true, skip_default := true)"
    rows = sql_parser().cursor().execute(f"{parse} FROM (SELECT unnest(?) AS it)", [texts]).fetchall()
    return {name: msgspec.json.decode(it)["statements"][0]["node"] for name, (it,) in zip(queries, rows, strict=True)}


@cache
def _aggregates() -> frozenset[str]:
    """The functions with which a query without groups has one row, even of no rows; also macros that call one."""
    names = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'aggregate'"
    own = {name for (name,) in sql_parser().cursor().execute(names).fetchall()}
    return frozenset(own | {name for name, it in in_force().items() if not own.isdisjoint(plain_sql(it.text).split())})


Scope: TypeAlias = Mapping[str, Needs]
"""What the names of a WITH need."""


def _node(node: Node, scope: Scope, arguments: Mapping[str, str]) -> Needs:
    """`arguments` are the tables that a macro was given, by parameter."""
    inner = dict(scope)
    for it in node.get("cte_map", {}).get("map", ()):
        inner[it["key"]] = _node(it["value"]["query_node"], inner, arguments)
    match node["type"]:
        case "SET_OPERATION_NODE":
            children = tuple(_node(it, inner, arguments) for it in node["children"])
            return children[0] if node["setop_type"] == "EXCEPT" else Needs(node["setop_type"] == "INTERSECT", children)
        case "RECURSIVE_CTE_NODE":
            return _node(node["left"], inner, arguments)
        case "SELECT_NODE":
            return ALWAYS if _has_a_row_of_nothing(node) else _table(node["from_table"], inner, arguments)
    return ALWAYS


def _has_a_row_of_nothing(node: Node) -> bool:
    """Whether it has a row even if what it reads from has none, as `SELECT count(*)` does."""
    sets: Sequence[Sequence[int]] = node.get("group_sets") or ()
    if any(not it for it in sets):
        return True
    if node.get("group_expressions"):
        return False
    return not _aggregates().isdisjoint(_functions([node.get("select_list"), node.get("having")]))


def _functions(tree: Any) -> Iterator[str]:
    """The functions that are called; those of a window make no row."""
    if isinstance(tree, dict):
        if tree.get("class") == "SUBQUERY":
            return
        if tree.get("class") == "FUNCTION":
            yield tree["function_name"]
        tree = list(tree.values())
    if isinstance(tree, list):
        for it in tree:
            yield from _functions(it)


def _table(it: Node, scope: Scope, arguments: Mapping[str, str]) -> Needs:
    match it["type"]:
        case "BASE_TABLE":
            path = it["qualified_name"]["path"]
            return scope.get(path[0]) or Needs(True, (".".join(path),))
        case "SUBQUERY":
            return _node(it["subquery"]["node"], scope, arguments)
        case "JOIN":
            left, right = (_table(it[side], scope, arguments) for side in ("left", "right"))
            match it["join_type"]:
                case "INNER" | "SEMI":
                    return Needs(True, (left, right))
                case "LEFT" | "ANTI":
                    return left
                case "RIGHT":
                    return right
            return Needs(False, (left, right))
        case "TABLE_FUNCTION":
            return _of_macro(it["function"], scope, arguments)
    return ALWAYS


def _of_macro(call: Node, scope: Scope, arguments: Mapping[str, str]) -> Needs:
    name, given = call["function_name"], [_named(it["expression"], arguments) for it in call.get("arguments", ())]
    if name == "query_table":
        return scope.get(given[0]) or Needs(True, (given[0],)) if given[0] else ALWAYS
    if name not in _macros():
        return ALWAYS
    parameters, node = _macros()[name]
    by_parameter = dict(zip(parameters, given, strict=True))
    return _node(node, scope, {name: it for name, it in by_parameter.items() if it})


def _named(expression: Node, arguments: Mapping[str, str]) -> str | None:
    """The table that an argument names, None where it is another value."""
    if expression["class"] == "COLUMN_REF":
        return arguments.get(expression["column_names"][-1])
    literal = expression.get("literal", {})
    return literal.get("text") if literal.get("kind") == "STRING" else None
