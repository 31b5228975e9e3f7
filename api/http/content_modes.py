"""How events are sent over HTTP: structured, binary, in a batch, or a line each (CloudEvents HTTP binding 1.0.2, 3)."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias
from urllib.parse import unquote_to_bytes

import msgspec
from aiohttp import web
from multidict import istr

from api.body import in_utf8
from api.cloudevents import BATCH_TYPE, JSON_TYPE, SINGLE_TYPE, BinaryEvent
from api.problems import Problem

LINES_TYPE = "application/x-ndjson"
TAKEN = (SINGLE_TYPE, BATCH_TYPE, LINES_TYPE, JSON_TYPE)

Mode: TypeAlias = Literal["structured", "binary", "batch", "lines", "json"]
"""`json` is an event or an array of them: its first bracket says which."""

_MODES: dict[str, Mode] = {SINGLE_TYPE: "structured", BATCH_TYPE: "batch", LINES_TYPE: "lines", JSON_TYPE: "json"}
_SPECVERSION = istr("ce-specversion")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_BROKEN_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")


def content_mode(request: web.Request) -> Mode:
    """Raises Problem 415 for another type or another encoding than UTF-8."""
    if request.headers.get("Content-Type") == SINGLE_TYPE:  # as nearly all are
        return "structured"
    type_ = request.content_type
    if not in_utf8(request):
        raise Problem(415, "event.content_type", "utf8", types=TAKEN)
    if _SPECVERSION in request.headers and not type_.startswith("application/cloudevents"):
        return "binary"
    if (mode := _MODES.get(type_)) is None:
        raise Problem(415, "event.content_type", "modes", types=TAKEN)
    return mode


def check_no_attributes(request: web.Request) -> None:
    """Raises Problem where headers carry attributes and the body is not a single event."""
    if _named(request):
        raise Problem(400, "event.header", "several")


def structured_event(request: web.Request, body: bytes, key: str | None) -> bytes:
    """An event with its attributes inside. Its id is that of `Idempotency-Key` where it has none of its own;
    attributes that headers repeat must be the same. Raises Problem."""
    attributes = header_attributes(request)
    if key is None and not attributes:
        return body
    try:
        event = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body  # its errors are reported where events are read
    if attributes and _SPECVERSION not in request.headers:
        check_no_attributes(request)
    for name, value in attributes.items():
        if name not in event or _text(event[name]) != value:
            raise Problem(400, "event.header", "other", path=f"$.{name}", name=name)
    if key is None:
        return body
    if "id" in event:
        _check_key(key, _text(event["id"]))
        return body
    return msgspec.json.encode(event | {"id": key})


def binary_event(request: web.Request, body: bytes, key: str | None) -> BinaryEvent:
    """An event with its attributes in headers. Raises Problem."""
    attributes = header_attributes(request)
    if key is not None:
        _check_key(key, attributes.setdefault("id", key))
    return BinaryEvent(attributes, body, request.headers.get("Content-Type"))


def header_attributes(request: web.Request) -> dict[str, str]:
    """The values of headers `ce-…`, decoded. Raises Problem for what does not decode, or is given twice."""
    found: dict[str, str] = {}
    for header in _named(request):
        if (name := header[3:].lower()) in found:
            raise Problem(400, "event.header", "twice", path=f"$.{name}", name=name)
        found[name] = _decoded(name, request.headers[header])
    return found


def _named(request: web.Request) -> list[str]:
    return [it for it in request.headers if it[2:3] == "-" and it[:2].lower() == "ce"]


def _decoded(name: str, value: str) -> str:
    """The text that a header encodes (3.1.3.2): without quotes around it, percent-decoded once, in UTF-8."""
    path = f"$.{name}"
    if value.startswith('"'):
        if (quoted := _QUOTED.fullmatch(value)) is None:
            raise Problem(400, "event.header", "quotes", path=path, name=name)
        value = re.sub(r"\\(.)", r"\1", quoted[1])
    if not value.isascii() or _BROKEN_PERCENT.search(value):
        raise Problem(400, "event.header", "percent", path=path, name=name)
    try:
        return unquote_to_bytes(value).decode()
    except UnicodeDecodeError:
        raise Problem(400, "event.header", "utf8", path=path, name=name) from None


def _text(value: msgspec.Raw) -> str:
    """What an attribute is as a text: true, 7, or the text itself."""
    try:
        return msgspec.json.decode(value, type=str)
    except ValueError:
        return bytes(value).decode(errors="replace")


def _check_key(key: str, id_: str) -> None:
    """Raises Problem where an event has another id than the request names."""
    if key != id_:
        raise Problem(422, "http.idempotency_key", "other", path="$.id")
