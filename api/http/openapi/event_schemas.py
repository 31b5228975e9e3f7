"""What is posted: a CloudEvent of each type with the schema of its `data`."""

from __future__ import annotations

from typing import Any

import msgspec

from api.cloudevents import CloudEvent
from api.http.openapi.schemas import Schema, ref
from api.reads.types import data_schema
from domain.descriptions import described
from domain.registry import ACTS, FACTS, KINDS, TYPES, EntryCorrected
from journal.store.submission import PostedCorrection

KEY = "[A-Za-z0-9][A-Za-z0-9._~-]{0,127}"

ATTRIBUTES: dict[str, tuple[str, str, Schema]] = {
    "specversion": ("the version of CloudEvents", "CloudEvents 버전", {"const": "1.0"}),
    "id": (
        "with `source` it is the identity of the assertion: the same again is answered with the first one's place",
        "source와 함께 기록의 식별자가 됩니다. 같은 것을 다시 보내면 처음 기록한 곳을 알립니다.",
        {"type": "string", "minLength": 1, "maxLength": 256},
    ),
    "source": ("who says it", "출처", {"type": "string", "minLength": 1, "maxLength": 512}),
    "time": (
        "when it happened, with its offset from UTC; an act has none of its own",
        "일어난 시각(UTC와의 차이 포함). 점검·위원회 절차 기록에는 적용하지 않습니다.",
        {"type": "string", "format": "date-time"},
    ),
    "datacontenttype": ("application/json where it is said", "적는다면 application/json", {"type": "string"}),
    "data_base64": ("the JSON of `data` in base64, in its place", "data 대신 base64로 적은 JSON", {"type": "string"}),
    "zone": (
        "the IANA time zone of the place",
        "장소의 IANA 시간대",
        {"type": "string", "minLength": 1, "examples": ["Europe/Brussels"]},
    ),
    "evidence": (
        "SHA-256 digests of evidence in hex, a space between two",
        "증빙의 SHA-256 해시값(16진수), 사이에 빈칸 하나",
        {"type": "string", "pattern": "^[0-9a-f]{64}( [0-9a-f]{64}){0,31}$"},
    ),
    "imported": ("true for history that was loaded", "과거 이력을 옮겨 온 것이면 true", {"type": "boolean"}),
}
"""The attributes that are kept, besides `type`, `subject` and `data`, which differ by type."""

HEADER_ATTRIBUTES = ("id", "source", "type", "subject", "time", "zone", "evidence", "imported")
"""What an event in binary mode has in headers besides `specversion`."""

BY_ANOTHER_DOOR = "person."
"""Facts about people go through /v1/persons."""


def event_components(facts: dict[str, Schema]) -> dict[str, Schema]:
    """Components of every event and of its `data`, out of the schemas of `facts` by the names of their classes."""
    assert {*ATTRIBUTES, "type", "subject", "data"} == {*CloudEvent.__struct_fields__}
    attributes = {
        f"CloudEvents.{name}": {**schema, "description": en, "x-description-ko": ko}
        for name, (en, ko, schema) in ATTRIBUTES.items()
    }
    found, mapping = dict[str, Schema](), dict[str, str]()
    for name, fact in TYPES.items():
        class_ = fact.__name__
        found[f"{class_}Data"] = data_schema(name, _restatement() if fact is EntryCorrected else facts[class_])
        if not name.startswith(BY_ANOTHER_DOOR):
            found[f"{class_}Event"] = _event(name, class_)
            mapping[name] = ref(f"{class_}Event")["$ref"]
    whole = {"oneOf": [{"$ref": it} for it in mapping.values()]}
    discriminator = {"propertyName": "type", "mapping": mapping}
    return {**attributes, **found, "Event": {"title": "Event", **whole, "discriminator": discriminator}}


def _restatement() -> Schema:
    """A correction as it is posted: `data` is that of the type of the original."""
    (whole,), parts = msgspec.json.schema_components([PostedCorrection])
    own: Schema = parts[whole["$ref"].rpartition("/")[2]]
    own["properties"]["data"] = {"type": "object"}
    return own


def _event(name: str, class_: str) -> Schema:
    kind, description = name.partition(".")[0], described()[name]
    kinds = "|".join(KINDS if name == "entry.redacted" else FACTS) if kind == "entry" else kind
    subject = f"^({kinds}):{KEY}$" if kind == "entry" else f"^{kind}:{KEY}$"
    properties: dict[str, Any] = {it: ref(f"CloudEvents.{it}") for it in ATTRIBUTES}
    properties |= {"type": {"const": name}, "subject": {"type": "string", "pattern": subject, "maxLength": 200}}
    properties["data"] = ref(f"{class_}Data")
    required = ["specversion", "id", "source", "type", "subject"]
    return {
        "title": description.title_en,
        "x-title-ko": description.title,
        "type": "object",
        "properties": properties,
        "required": required if kind in ACTS or kind == "entry" else [*required, "time"],
        "patternProperties": {"^[a-z0-9]+$": True},
        "additionalProperties": False,
    }
