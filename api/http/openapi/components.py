"""The types of all answers and bodies as schemas, and the components that these name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from api.cloudevents import JSON_TYPE
from api.http.openapi import answers
from api.http.openapi.event_schemas import event_components
from api.http.openapi.markers import Event, PostedBatch, UploadLine
from api.http.openapi.operations import Operation
from api.http.openapi.row_schemas import row_components
from api.http.openapi.schemas import BINARY, PLAIN, REF, Schema, posted_schemas, read_schemas, ref
from api.http.posted import EventAnswer
from api.reads.answers import Bytes, Contributions, Figures, FlatRow, ViewRows
from api.reads.read import Media
from domain.registry import TYPES, EntryCorrected

OURS = (Event, UploadLine, PostedBatch, ViewRows, Figures, Contributions, FlatRow)
"""Types whose components are made here and not by msgspec."""

NAMED = (answers.Problem, answers.EventRefused, answers.WorkTold, EventAnswer)
"""Types that occur in what is made here."""

BODIES = frozenset(TYPES.values())
"""Facts that are bodies by themselves are posted without what only the record says."""


class Types:
    """The types of all answers and bodies as schemas, and the components that they name."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        all_ = [*operations]
        read = _made_by_msgspec(it for one in all_ for it in one.answers.values()) | {repr(it): it for it in NAMED}
        posted = _made_by_msgspec(one.body for one in all_)
        facts = [it for it in TYPES.values() if it is not EntryCorrected]  # as it is posted it is another
        schemas, self.components = read_schemas(read.values())
        self._read = dict(zip(read, schemas, strict=True))
        schemas, components = posted_schemas([*posted.values(), *facts], self.components)
        self._posted = dict(zip(posted, schemas[: len(posted)], strict=True))
        of_facts = {
            fact.__name__: components.pop(it["$ref"].removeprefix(REF))
            for fact, it in zip(facts, schemas[len(posted) :], strict=True)
        }
        self.components |= components | event_components(of_facts) | row_components() | _posted()

    def schema(self, type_: Any, *, posted: bool = False) -> Schema:
        found = [self._one(it, self._posted if posted else self._read) for it in _ways(type_)]
        return found[0] if len(found) == 1 else {"anyOf": found}

    def _one(self, type_: Any, schemas: Mapping[str, Schema]) -> Schema:
        if type_ == list[Event]:
            return {"type": "array", "items": ref("Event"), "maxItems": 10_000}
        if type_ in BODIES:
            return ref(f"{type_.__name__}Data")
        if type_ in PLAIN:
            return PLAIN[type_]
        return ref(type_.__name__) if type_ in OURS else schemas[repr(type_)]

    def content(self, media: Media, *, posted: bool = False) -> dict[str, Any]:
        """The content of each media type; for lines, the schema of one."""
        found: dict[str, Any] = {}
        for name, type_ in media.items():
            plain, schema = name.partition(";")[0], self.schema(type_, posted=posted)
            if posted and type_ is Bytes and plain != JSON_TYPE:
                schema = BINARY
            if plain == "application/x-ndjson":
                found[plain] = {"schema": {"type": "string"}, "x-item-schema": schema}
            else:
                found[plain] = {"schema": schema} if schema else {}
        return found


def _made_by_msgspec(media: Iterable[Media]) -> dict[str, Any]:
    """The types whose schemas are not made here, by how they are written."""
    asked = {repr(type_): type_ for it in media for found in it.values() for type_ in _ways(found)}
    ours = (*OURS, *PLAIN, *BODIES)
    return {name: type_ for name, type_ in asked.items() if type_ not in ours and type_ != list[Event]}


def _ways(type_: Any) -> tuple[Any, ...]:
    return type_ if isinstance(type_, tuple) else (type_,)


def _posted() -> dict[str, Schema]:
    """What becomes of several events: of a line its number, of those refused of a batch their index."""
    line, index = ({name: {"type": "integer", "minimum": 0}} for name in ("line", "index"))
    kinds = [ref("EventAnswer"), ref("EventRefused")]
    lines = {"allOf": [{"anyOf": kinds}, {"properties": line, "required": ["line"]}]}
    return {"PostedBatch": _posted_batch(index), "UploadLine": {"title": "UploadLine", **lines}}


def _posted_batch(index: Schema) -> Schema:
    counts: Schema = {it: {"type": "integer", "minimum": 0} for it in ("recorded", "duplicates", "refused")}
    refused = {"allOf": [ref("EventRefused"), {"properties": index}]}
    results = {"type": "array", "items": {"anyOf": [ref("EventAnswer"), refused]}}
    not_kept = {"type": "object", "additionalProperties": {"type": "integer"}}
    return {
        "title": "PostedBatch",
        "description": "Every event of a batch in order; the counts add up to its length.",
        "type": "object",
        "properties": {**counts, "results": results, "not_kept": not_kept},
        "required": [*counts, "results"],
    }
