"""`/v1/types`: what can be posted, for those who write a client. Open to all: it says nothing of the record."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from inspect import cleandoc
from typing import Any

import msgspec

from api.problems import unknown_word
from api.reads.asked import ReadRequest
from api.reads.read import Document, File
from api.source import Source
from domain.descriptions import described
from domain.nearest import UnknownWord
from domain.registry import ACTS, TYPES
from journal.store.submission import PostedCorrection

SCHEMA = "https://json-schema.org/draft/2020-12/schema"


def list_types(_: Source, __: ReadRequest) -> Document:
    """Every event type, with what it says and whether it is a fact of the world or an act."""
    return Document({"types": [_about(name) for name in sorted(TYPES)]})


def read_type(_: Source, asked: ReadRequest) -> File:
    """The JSON Schema of the `data` of an event of this type."""
    name = asked.path["type"]
    if name not in TYPES:
        raise unknown_word(404, "event.unknown_type", UnknownWord("event_type", name, TYPES))
    return File(msgspec.json.encode(type_schema(name)), "application/schema+json")


@cache
def type_schema(name: str) -> dict[str, Any]:
    """JSON Schema 2020-12 of what an event of a type has as `data`, with an example.

    Titles in words are `title_ko` and `title_en`, the description in Korean is `description_ko`.
    """
    fact = PostedCorrection if name == "entry.corrected" else TYPES[name]
    (whole,), parts = msgspec.json.schema_components([fact], ref_template="#/$defs/{name}")
    own = data_schema(name, parts.pop(whole["$ref"].rpartition("/")[2]))
    identity = {"$schema": SCHEMA, "$id": f"urn:sagwan:type:{name}"}
    return {**own, **identity} | ({"$defs": parts} if parts else {})


def data_schema(name: str, fact: Mapping[str, Any]) -> dict[str, Any]:
    """What an event of a type has as `data`, out of the schema of its fact: without its type, with words and an
    example."""
    own = {**fact, "properties": {it: {**schema} for it, schema in fact["properties"].items() if it != "type"}}
    if name == "entry.redacted":
        del own["properties"]["remains"], own["properties"]["editions"]  # the record fills them in
    own["required"] = [it for it in own.get("required", []) if it != "type"]
    description = described()[name]
    for field, schema in own["properties"].items():
        words = description.field(field)
        schema["description"], schema["description_ko"] = words.en, words.ko
    about = {"title": name, "description": _says(name), "title_ko": description.title, "title_en": description.title_en}
    return {**own, **about, "description_ko": description.says, "examples": [description.example]}


def _about(name: str) -> dict[str, str]:
    kind = name.partition(".")[0]
    of = "any stream" if kind == "entry" else "an act" if kind in ACTS else "a fact of the world"
    description = described()[name]
    titles = {"title_ko": description.title, "title_en": description.title_en}
    return {
        "type": name,
        **titles,
        "is": of,
        "says": _says(name),
        "says_ko": description.says,
        "schema": f"/v1/types/{name}",
    }


def _says(name: str) -> str:
    return cleandoc(TYPES[name].__doc__ or "")
