"""JSON Schemas of types as components of the contract."""

from __future__ import annotations

from collections.abc import Iterable
from inspect import cleandoc
from typing import Any, TypeAlias

import msgspec

from api.http.openapi.markers import Bytes, ContractDocument, EventData, JsonSchema, Text
from api.reads.answers import EntryPart, StreamState
from domain.record import Entry
from domain.registry import KINDS, AnyFact

Schema: TypeAlias = dict[str, Any]

REF = "#/components/schemas/"
DECIMAL = {"type": ["string", "number"], "format": "decimal"}
"""An exact amount: as text where it must stay exact, as a number where JSON of figures has it."""

PLAIN: dict[type, Schema] = {
    Text: {"type": "string"},
    Bytes: {},
    EventData: {"type": "object"},
    JsonSchema: {"type": "object"},
    ContractDocument: {"type": "object", "required": ["openapi", "info", "paths"]},
}
STORED = Entry[AnyFact]


def ref(name: str) -> Schema:
    return {"$ref": f"{REF}{name}"}


def type_schemas(types: Iterable[Any]) -> tuple[list[Schema], dict[str, Schema]]:
    """The schema of each type, and the components that they name."""
    asked = [*types]
    states = {kind: type(it.initial) for kind, it in KINDS.items()}
    found, components = msgspec.json.schema_components(
        [*asked, STORED, *states.values()], schema_hook=_made, ref_template=REF + "{name}"
    )
    told = {_name(name): _adapted(it) for name, it in components.items()}
    entry = told["Entry"]
    entry["title"] = "Entry"
    told["EntryPart"] = {name: it for name, it in entry.items() if name != "required"} | {"title": "EntryPart"}
    shown = [ref(_name(it["$ref"].removeprefix(REF))) for it in found[len(asked) + 1 :]]
    told["StreamState"] = {
        "description": "How a stream stands: of each kind its own fields, and its `status`.",
        "type": "object",
        "required": ["status"],
        "properties": {"status": {"type": "string"}},
        "anyOf": list({it["$ref"]: it for it in shown}.values()),
    }
    return [_adapted(it) for it in found[: len(asked)]], told


def _made(type_: type) -> Schema:
    if type_ in (EntryPart, StreamState):
        return ref(type_.__name__)
    raise NotImplementedError


def _name(name: str) -> str:
    """What a component is called; of a generic one what stands before its parts."""
    return name.partition("_")[0] if "." in name else name


def _adapted(schema: Any) -> Any:
    """As others read it: patterns of ECMA 262, amounts as they come, texts without indents."""
    if isinstance(schema, list):
        return [_adapted(it) for it in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "decimal" and schema.get("type") == "string":
        return {**{name: it for name, it in schema.items() if name != "pattern"}, **DECIMAL}
    told = {name: _adapted(it) for name, it in schema.items()}
    if isinstance(at := told.get("$ref"), str):
        told["$ref"] = REF + _name(at.removeprefix(REF))
    if isinstance(pattern := told.get("pattern"), str):
        told["pattern"] = pattern.replace(r"\Z", "$").replace(r"\d", "[0-9]")
    if isinstance(description := told.get("description"), str):
        told["description"] = cleandoc(description)
    return told
