"""Answers that tests get, held against the document: status, code of a problem, and what stands in JSON."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any, NamedTuple

import jsonschema_rs

from api.http.openapi.document import contract

URI = "urn:sagwan:contract"
ANYWHERE = {405, 404, 417, 431}
"""Statuses of what is no question to a route: another method, no such path, what no server reads."""


class Documented(NamedTuple):
    """What the document has of an answer: by its media types the pointers to their schemas, "" where there is none."""

    where: str
    schemas: dict[str, str]


@cache
def _document() -> dict[str, Any]:
    return json.loads(contract())


@cache
def _registry() -> jsonschema_rs.Registry:
    return jsonschema_rs.Registry([(URI, _document())], draft=jsonschema_rs.Draft202012)


@cache
def validator(pointer: str) -> Any:
    """What holds values against the schema at a place of the document; it is compiled once."""
    return jsonschema_rs.Draft202012Validator({"$ref": f"{URI}#{pointer}"}, registry=_registry())


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """The paths of the document, those first that have fewer parts of any text."""

    def pattern(path: str) -> re.Pattern[str]:
        parts = re.split(r"(\{\w+\})", path)
        told = (re.escape(it) if not it.startswith("{") else ".+" if it == "{path}" else "[^/]+" for it in parts)
        return re.compile("".join(told))

    return [(pattern(it), it) for it in sorted(_document()["paths"], key=lambda it: it.count("{"))]


def _route(path: str) -> str | None:
    return next((route for pattern, route in _patterns() if pattern.fullmatch(path)), None)


@cache
def _documented(route: str, method: str, status: int) -> Documented | None:
    """None for a status that the document does not have of this."""
    where = f"{method.upper()} {route} {status}"
    pointer = f"/paths/{_escaped(route)}/{method}/responses/{status}"
    if (answer := _document()["paths"][route][method]["responses"].get(str(status))) is None:
        return None
    if "$ref" in answer:
        pointer = answer["$ref"].removeprefix("#")
        answer = _document()["components"]["responses"][pointer.rpartition("/")[2]]
    schemas = {
        type_: f"{pointer}/content/{_escaped(type_)}/schema" if "schema" in it else ""
        for type_, it in answer.get("content", {}).items()
    }
    return Documented(where, schemas)


def check_documented(method: str, target: str, status: int, content_type: str, body: Any) -> None:
    """Raises AssertionError where an answer of a route is none that the document has."""
    method = "get" if method == "HEAD" else method.lower()
    if (route := _route(target.partition("?")[0])) is None or method not in _document()["paths"][route]:
        return
    if (answer := _documented(route, method, status)) is None:
        assert status in ANYWHERE, f"{method.upper()} {route} {status} is not documented: {body}"
        return
    if body is None:
        return
    assert content_type in answer.schemas, f"{answer.where} is no {content_type}"
    if not (pointer := answer.schemas[content_type]) or validator(pointer).is_valid(body):
        return
    found = next(validator(pointer).iter_errors(body))
    raise AssertionError(f"{answer.where}: {found.message[-300:]} at {found.instance_path}")


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
