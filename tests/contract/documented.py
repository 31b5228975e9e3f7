"""Answers that tests get, held against the document: status, code of a problem, and what stands in JSON."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import jsonschema_rs

from api.http.openapi.document import contract

URI = "urn:sagwan:contract"
ANYWHERE = {405, 404, 417, 431}
"""Statuses of what is no question to a route: another method, no such path, what no server reads."""


@cache
def _document() -> dict[str, Any]:
    return json.loads(contract())


@cache
def _registry() -> jsonschema_rs.Registry:
    return jsonschema_rs.Registry([(URI, _document())], draft=jsonschema_rs.Draft202012)


@cache
def _route(path: str) -> str | None:
    for it in sorted(_document()["paths"], key=lambda it: it.count("{")):
        pattern = "".join(
            part if not part.startswith("{") else ".+" if part == "{path}" else "[^/]+"
            for part in re.split(r"(\{\w+\})", re.escape(it).replace(r"\{", "{").replace(r"\}", "}"))
        )
        if re.fullmatch(pattern, path):
            return it
    return None


@cache
def _validator(pointer: str) -> Any:
    return jsonschema_rs.Draft202012Validator({"$ref": f"{URI}#{pointer}"}, registry=_registry())


def check_documented(method: str, target: str, status: int, content_type: str, body: Any) -> None:
    """Raises AssertionError where an answer of a route is none that the document has."""
    path = target.partition("?")[0]
    method = "get" if method == "HEAD" else method.lower()
    if (route := _route(path)) is None or (operation := _document()["paths"][route].get(method)) is None:
        return
    where = f"{method.upper()} {route} {status}"
    if (answer := operation["responses"].get(str(status))) is None:
        assert status in ANYWHERE, f"{where} is not documented: {body}"
        return
    pointer = f"/paths/{_escaped(route)}/{method}/responses/{status}"
    if "$ref" in answer:
        pointer = answer["$ref"].removeprefix("#")
        answer = _document()["components"]["responses"][pointer.rpartition("/")[2]]
    content = answer.get("content", {})
    if body is None:
        return
    assert content_type in content, f"{where} is no {content_type}"
    if "schema" not in content[content_type]:
        return
    found = next(_validator(f"{pointer}/content/{_escaped(content_type)}/schema").iter_errors(body), None)
    assert found is None, f"{where}: {found.message[-300:]} at {found.instance_path}"


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
