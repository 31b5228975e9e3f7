"""The OpenAPI document (3.1.1) of the server, made from its declarations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import version
from typing import Any, NamedTuple, get_args

import msgspec

from api.digest_fields import FIELDS
from api.http.events import FEED_FORMATS
from api.http.openapi.components import Types
from api.http.openapi.declared import (
    DECLARED,
    HEADERS,
    PARAMETERS,
    Parameter,
    RouteWords,
    Sentence,
    is_shared,
    parameter,
    record_codes,
    refusal_status,
    statuses,
)
from api.http.openapi.event_schemas import HEADER_ATTRIBUTES
from api.http.openapi.operations import OPERATIONS, Operation
from api.http.openapi.schemas import Schema, ref
from api.http.routes import EVERY_ROLE, ROUTES, Route
from api.problems import PROBLEM_TYPE
from api.reads import catalogue
from api.reads.read import Read
from api.server.sessions import COOKIE, PROOF
from domain.messages import sentence
from domain.record import Role
from domain.visibility import READS_ALL

MORE_HEADERS = {
    "POST /v1/events": ("Prefer", *(f"ce-{it}" for it in ("specversion", *HEADER_ATTRIBUTES))),
    "POST /v1/mirror/rebuild": ("Prefer",),
    "GET /v1/events/live": ("Last-Event-ID",),
    "GET /openapi.json": ("If-None-Match",),
}
"""The headers that routes use besides conditions."""

ANSWER_OF_WORK = "/v1/work/{id}/answer"
"""It answers what the long request would have been answered, a refusal too."""

SECURITY: list[dict[str, list[str]]] = [{"token": []}, {"session": [], "proof": []}]
ROLES: tuple[Role, ...] = get_args(Role)


class Declared(NamedTuple):
    """A route as the document needs to know it, be it a read or not."""

    method: str
    path: str
    takes: str
    roles: frozenset[Role]
    public: bool
    words: RouteWords
    operation: Operation
    headers: tuple[str, ...] = ()
    formats: Mapping[str, str] | None = None
    of_persons: bool = False
    unscoped: bool = False
    tagged: bool = False
    long: bool = False

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def declared() -> Iterator[Declared]:
    """Every route but pages, those that read first."""
    for it in catalogue.ALL:
        yield _read(it)
    for route in ROUTES:
        yield _route(route)


def _route(it: Route) -> Declared:
    name = f"{it.method} {it.path}"
    words, operation = DECLARED.routes[name], OPERATIONS[name]
    own = (*MORE_HEADERS.get(name, ()), *(FIELDS if operation.body else ()))
    return Declared(
        *(it.method, it.path, it.takes, it.roles, it.public, words, operation, (*it.terms.split(), *own)),
        FEED_FORMATS if it.takes == catalogue.FEED else None,
        of_persons=it.of_persons,
        unscoped=it.unscoped,
        tagged="If-None-Match" in own,
        long=it.path == "/v1/mirror/rebuild",
    )


def _read(it: Read) -> Declared:
    headers = (("If-None-Match",) if it.of else ()) + (("Prefer",) if it.long else ())
    roles = READS_ALL if it.reads_all else EVERY_ROLE
    words = RouteWords(it.id, Sentence(it.en, it.ko), it.refused)
    operation = Operation({200: it.media}, it.headers)
    return Declared(
        *("GET", it.path, it.takes, frozenset(roles), it.public, words, operation, headers, it.formats),
        unscoped=bool(it.reads_all),
        tagged=bool(it.of),
        long=it.long,
    )


def contract() -> bytes:
    """The document as JSON, made once."""
    return _contract()


@cache
def _contract() -> bytes:
    return msgspec.json.encode(document())


def document() -> dict[str, Any]:
    """The whole of it. Raises KeyError for a route or a parameter that nobody described."""
    routes = [*declared()]
    types = Types(it.operation for it in routes)
    paths: dict[str, dict[str, Any]] = {}
    refusals = _Refusals()
    for it in routes:
        paths.setdefault(it.path, {})[it.method.lower()] = _operation(it, types, refusals)
    info = {
        "title": "Sagwan (사관)",
        "version": version("sagwan"),
        "summary": "The record of Korea's global R&D strategic hub centres.",
        "description": ABOUT,
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    }
    shared = {
        f"{place}.{name}": _parameter(place, name, it)
        for place in ("path", "query", "header")
        for name, it in PARAMETERS[place].items()
        if (place, name) != ("query", "format")
    }
    return {
        "openapi": "3.1.1",
        "info": info,
        "servers": [{"url": "/"}],
        "tags": [{"name": name, **_described(it)} for name, it in DECLARED.tags.items()],
        "security": SECURITY,
        "paths": paths,
        "components": {
            "schemas": types.components,
            "parameters": shared,
            "headers": {name: {"schema": it.schema, **_described(it.says)} for name, it in HEADERS.items()},
            "responses": refusals.shared,
            "securitySchemes": SCHEMES,
        },
    }


ABOUT = """\
Every fact once, every figure traceable. `HEAD` is answered where `GET` is, `OPTIONS` everywhere with `Allow`. \
A refusal is a problem (RFC 9457) with a stable `code`; the codes of a route are listed with its responses. \
`x-roles` are the roles that may call a route that is not public; what the caller may not see is left out and \
counted (`Sagwan-Withheld`). Sentences in Korean are `x-summary-ko` and `x-description-ko`."""

SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "a token that an operator issued, or one of an issuer",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "the session of a page; over TLS its name begins with `__Host-`",
    },
    "proof": {"type": "apiKey", "in": "header", "name": PROOF, "description": "what a page of the session knows"},
}


def _described(it: Sentence) -> dict[str, str]:
    return {"description": it.en, "x-description-ko": it.ko}


class _Refusals:
    """Answers of refusals; those that several operations share are components."""

    def __init__(self) -> None:
        self.shared: dict[str, Any] = {}
        self._names: dict[str, str] = {}

    def answer(self, status: int, codes: Iterable[str], also: Schema | None = None) -> dict[str, Any]:
        listed = sorted(codes)
        key = f"{status} {' '.join(listed)}"
        if also is not None:
            return self._made(status, listed, also)
        if key not in self._names:
            nth = sum(name.startswith(f"Refused{status}") for name in self.shared)
            self._names[key] = f"Refused{status}" + (f".{nth + 1}" if nth else "")
            self.shared[self._names[key]] = self._made(status, listed)
        return {"$ref": f"#/components/responses/{self._names[key]}"}

    @staticmethod
    def _made(status: int, codes: list[str], also: Schema | None = None) -> dict[str, Any]:
        named = {"properties": {"status": {"const": status}, "code": {"enum": codes}}} if codes else {}
        schema = {"allOf": [ref("Problem"), named]} if named else ref("Problem")
        title = sentence("title", str(status))
        headers = {
            503: "Retry-After",
            507: "Retry-After",
            429: "Retry-After RateLimit RateLimit-Policy",
            401: "WWW-Authenticate",
        }.get(status, "")
        content = {PROBLEM_TYPE: {"schema": schema}} | ({"application/json": {"schema": also}} if also else {})
        return {
            "description": f"{title.en}: {', '.join(codes)}",
            "x-description-ko": f"{title.ko}: {', '.join(codes)}",
            "headers": _headers(f"Content-Language {headers}"),
            "content": content,
        }


def _headers(names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names.split()}


def _operation(it: Declared, types: Types, refusals: _Refusals) -> dict[str, Any]:
    operation, words = it.operation, it.words
    parameters = [*_parameters(it)]
    found: dict[str, Any] = {
        "operationId": words.id,
        "summary": words.says.en,
        "x-summary-ko": words.says.ko,
        "tags": [it.path.split("/")[2] if it.path.startswith("/v1/") else "server"],
    }
    if it.public:
        found["security"] = []
    else:
        found["x-roles"] = [role for role in ROLES if role in it.roles]
        found |= {"x-opens-persons": True} if it.of_persons else {}
        found |= {"x-without-scope": True} if it.unscoped else {}
    if parameters:
        found["parameters"] = [shown for _, shown in parameters]
    if operation.body:
        content = types.content(operation.body, posted=True)
        coded = {} if it.path.startswith("/v1/evidence/") else _described(DECLARED.every.coded)
        found["requestBody"] = {**coded, "required": not operation.optional, "content": content}
    refused = _refused(it)
    if it.path == ANSWER_OF_WORK:
        for one in (one for one in declared() if one.long):
            for status, codes in _refused(one).items():
                refused.setdefault(status, set()).update(codes)
    responses: dict[int, Any] = {}
    for status, media in operation.answers.items():
        if status < 400:
            responses[status] = _success(it, status, operation, types.content(media))
        else:
            also = types.schema(media["application/json"])
            responses[status] = refusals.answer(status, refused.pop(status, ()), also)
    if it.tagged:
        responses[304] = {**_described(DECLARED.answers["304"]), "headers": _headers("ETag Cache-Control")}
    if it.long:
        headers = _headers("Location Retry-After Preference-Applied")
        content = {"application/json": {"schema": ref("WorkTold")}}
        responses[202] = {**_described(DECLARED.answers["202"]), "headers": headers, "content": content}
    responses |= {status: refusals.answer(status, codes) for status, codes in sorted(refused.items())}
    found["responses"] = {str(status): responses[status] for status in sorted(responses)}
    return found


def _success(it: Declared, status: int, operation: Operation, content: dict[str, Any]) -> dict[str, Any]:
    names = operation.headers + (" ETag Cache-Control" if it.tagged else "")
    names += " Sagwan-Set-Aside Sagwan-Not-As-Signed" if it.path.startswith("/v1/") else ""
    found: dict[str, Any] = {**_described(DECLARED.answers[str(status)])}
    if names:
        found["headers"] = _headers(" ".join(dict.fromkeys(names.split())))
    return found | ({"content": content} if content else {})


def _parameters(it: Declared) -> Iterator[tuple[Parameter, dict[str, Any]]]:
    for name in re.findall(r"\{(\w+)\}", it.path):
        yield _shown(it, "path", name)
    for word in it.takes.split():
        yield _shown(it, "query", word.removesuffix("*"), several=word.endswith("*"))
    for name in (*it.headers, "Accept-Language"):
        yield _shown(it, "header", name)


def _shown(it: Declared, place: str, name: str, *, several: bool = False) -> tuple[Parameter, dict[str, Any]]:
    found = parameter(it.name, place, name)
    if name == "format" and place == "query" and it.formats:
        schema = {**found.schema, "enum": [*it.formats]}
        return found, _parameter(place, name, msgspec.structs.replace(found, schema=schema))
    if is_shared(it.name, name):
        return found, {"$ref": f"#/components/parameters/{place}.{name}"}
    return found, _parameter(place, name, found, several=several)


SEVERAL = {word.removesuffix("*") for it in catalogue.ALL for word in it.takes.split() if word.endswith("*")}


def _parameter(place: str, name: str, it: Parameter, *, several: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name, "in": place, **_described(it.says), "schema": it.whole_schema}
    if place == "path" or it.required:
        found["required"] = True
    if place == "query" and it.schema.get("type") == "array":
        found |= {"style": "form", "explode": several or name in SEVERAL}
    return found


def _refused(it: Declared) -> dict[int, set[str]]:
    """The codes that a route answers with, by their status."""
    every, codes = DECLARED.every, set[str]()
    texts = [every.any, every.failing, it.words.refused, *(said.refused for said, _ in _parameters(it))]
    texts += [every.recording] if it.words.records else []
    texts += [every.body] if it.operation.body else []
    texts += [every.long] if it.long else []
    texts += [every.format] if it.formats else []
    texts += [] if it.public else [every.token]
    codes |= {code for text in texts for code in text.split()}
    if it.roles != EVERY_ROLE or it.unscoped:
        codes.add("authority.role")
    if it.of_persons:
        codes.add("authority.persons")
    found: dict[int, set[str]] = {}
    for code in codes:
        for status in statuses(code):
            found.setdefault(status, set()).add(code.partition("@")[0])
    for code in record_codes(it.words.records):
        found.setdefault(refusal_status(code), set()).add(code)
    return found
