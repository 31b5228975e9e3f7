"""JSON Schemas of types as components of the contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from inspect import cleandoc
from typing import Any, TypeAlias

import msgspec

from api.http.openapi.markers import ContractDocument, EventData
from api.reads.answers import Bytes, EntryPart, JsonSchema, PlainText, StreamState
from domain.record import Entry
from domain.registry import KINDS, AnyFact

Schema: TypeAlias = dict[str, Any]

REF = "#/components/schemas/"
BINARY = {"type": "string", "format": "binary"}
"""Bytes that are sent, as generators of clients know them."""
DECIMAL = {"type": ["string", "number"], "format": "decimal"}
"""An exact amount: as text where it must stay exact, as a number where JSON of figures has it."""

PLAIN: dict[type, Schema] = {
    PlainText: {"type": "string"},
    Bytes: {},
    EventData: {"type": "object"},
    JsonSchema: {"type": "object"},
    ContractDocument: {"type": "object", "required": ["openapi", "info", "paths"]},
}
STORED = Entry[AnyFact]


def ref(name: str) -> Schema:
    return {"$ref": f"{REF}{name}"}


def read_schemas(types: Iterable[Any]) -> tuple[list[Schema], dict[str, Schema]]:
    """The schema of each type as it is answered, and the components that they name: entries and states too.

    Read schemas are looser than posted ones: what was stored before an input rule stays as it was.
    """
    asked = [*types]
    states = {kind: type(it.initial) for kind, it in KINDS.items()}
    found, components = _schemas([*asked, STORED, *states.values()], read=True)
    entry = components["Entry"]
    entry["title"] = "Entry"
    components["EntryPart"] = {name: it for name, it in entry.items() if name != "required"} | {"title": "EntryPart"}
    components["StreamState"] = {
        "description": "The state of a stream: each kind has its own fields, and its `status`.",
        "type": "object",
        "required": ["status"],
        "properties": {"status": {"type": "string"}},
        "anyOf": list({it["$ref"]: it for it in found[len(asked) + 1 :]}.values()),
    }
    return found[: len(asked)], components


def posted_schemas(types: Iterable[Any], read: Mapping[str, Schema]) -> tuple[list[Schema], dict[str, Schema]]:
    """The same as it is posted. A component that is not as it is `read` is called `Posted…`."""
    found, components = _schemas(types, read=False)
    other = {name for name, it in components.items() if read.get(name, it) != it}
    while more := {name for name, it in components.items() if name not in other and not other.isdisjoint(_named(it))}:
        other |= more
    names = {name: f"Posted{name}" for name in other}
    return [_renamed(it, names) for it in found], {
        names.get(it, it): _renamed(components[it], names) for it in components
    }


def _schemas(types: Iterable[Any], *, read: bool) -> tuple[list[Schema], dict[str, Schema]]:
    found, made = msgspec.json.schema_components(types, schema_hook=_made, ref_template=REF + "{name}")
    return [_adapted(it, read) for it in found], {_name(name): _adapted(it, read) for name, it in made.items()}


def _named(schema: Any) -> Iterator[str]:
    """The components that a schema names."""
    match schema:
        case {"$ref": str(at)}:
            yield at.removeprefix(REF)
        case dict() | list():
            for it in schema.values() if isinstance(schema, dict) else schema:
                yield from _named(it)


def _renamed(schema: Any, names: Mapping[str, str]) -> Any:
    match schema:
        case {"$ref": str(at)}:
            return {**schema, "$ref": REF + names.get(name := at.removeprefix(REF), name)}
        case dict():
            return {name: _renamed(it, names) for name, it in schema.items()}
        case list():
            return [_renamed(it, names) for it in schema]
    return schema


def _made(type_: type) -> Schema:
    if type_ in (EntryPart, StreamState):
        return ref(type_.__name__)
    raise NotImplementedError


def _name(name: str) -> str:
    """The name of a component; of a generic one the part before its parameters."""
    return name.partition("_")[0] if "." in name else name


def _adapted(schema: Any, read: bool) -> Any:
    """As others read it: patterns of ECMA 262, amounts as they come, texts without indents.

    A digit of a stored text may be one of any script (`\\d` of Python), of which not every pattern of others knows.
    """
    if isinstance(schema, list):
        return [_adapted(it, read) for it in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "decimal" and schema.get("type") == "string":
        return {**{name: it for name, it in schema.items() if name != "pattern"}, **DECIMAL}
    adapted = {name: _adapted(it, read) for name, it in schema.items()}
    if isinstance(at := adapted.get("$ref"), str):
        adapted["$ref"] = REF + _name(at.removeprefix(REF))
    if isinstance(pattern := adapted.get("pattern"), str):
        adapted["pattern"] = pattern.replace(r"\Z", "$").replace(r"[\d", "[0-9").replace(r"\d", "[0-9]")
        if read and r"\d" in pattern:
            del adapted["pattern"]
    if isinstance(description := adapted.get("description"), str):
        adapted["description"] = cleandoc(description)
    return adapted
