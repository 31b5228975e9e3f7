"""What a request says of how it is to be recorded, besides what: `Idempotency-Key`, `If-Match`, `Prefer`, `atomic`."""

from __future__ import annotations

import re
from typing import NamedTuple

from aiohttp import web
from multidict import istr

from api.http.content_modes import check_no_attributes
from api.http.preferences import preferences
from api.problems import Problem
from journal.store.submission import ExpectedVersion

KEY, MATCH, NONE_MATCH, PREFER = map(istr, ("Idempotency-Key", "If-Match", "If-None-Match", "Prefer"))
UNMODIFIED = istr("If-Unmodified-Since")
MINIMAL = {"Preference-Applied": "return=minimal"}

_STRING = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
"""A string of structured fields (RFC 9651 3.3.3)."""
_PLAIN = re.compile(r"[\w.:/@+=~-]+", re.ASCII)
_VERSIONS = re.compile(r'"([0-9]{1,18})"(?:\s*,\s*"([0-9]{1,18})")*')


class Terms(NamedTuple):
    """`key` is the id that the request names, `expected` where its entry is to be the next; with `minimal` no more is
    answered than needed, and `whole` asks that all of a batch be taken or none."""

    key: str | None = None
    expected: ExpectedVersion | None = None
    minimal: bool = False
    whole: bool = False


PLAIN = Terms()


def terms_of(request: web.Request) -> Terms:
    """Raises Problem for what cannot be parsed."""
    headers = request.headers
    if not (KEY in headers or MATCH in headers or NONE_MATCH in headers or PREFER in headers or request.query_string):
        return PLAIN
    atomic = request.query.get("atomic", "false")
    if atomic not in ("true", "false"):
        raise Problem(400, "query.invalid", "switch", parameter="atomic")
    minimal = PREFER in headers and preferences(request).get("return") == "minimal"
    return Terms(idempotency_key(request), _expected(request), minimal, atomic == "true")


def check_several(request: web.Request, terms: Terms, *, atomic: bool) -> None:
    """Raises Problem for what several events cannot be posted with; those of a batch can be taken whole."""
    check_no_attributes(request)
    if terms.key is not None:
        raise Problem(400, "http.idempotency_key", "several")
    if terms.whole and not atomic:
        raise Problem(400, "query.invalid", "atomic_lines", parameter="atomic")
    if terms.expected and not terms.whole:
        raise Problem(400, "http.if_match", "several")


def idempotency_key(request: web.Request) -> str | None:
    """The id that `Idempotency-Key` names (draft-ietf-httpapi-idempotency-key-header-07: a string in quotes; without
    them too, as many send it). Raises Problem."""
    if (header := _said(request, KEY)) is None:
        return None
    if quoted := _STRING.fullmatch(header):
        key = re.sub(r'\\(["\\])', r"\1", quoted[1])
    else:
        key = header if _PLAIN.fullmatch(header) else ""
    if not 0 < len(key) <= 256:
        raise Problem(400, "http.idempotency_key", "form")
    return key


def _expected(request: web.Request) -> ExpectedVersion | None:
    """Of which version of its stream an entry is to be the next, as `If-Match` and `If-None-Match` say."""
    match, none = _said(request, MATCH), _said(request, NONE_MATCH)
    if match is not None and none is not None:
        raise Problem(400, "http.if_match", "both")
    if none is not None:
        if none != "*":
            raise Problem(400, "http.if_match", "none")
        return ExpectedVersion(frozenset({0}))
    if match is None:
        return None
    if match == "*":
        return ExpectedVersion(None)
    if not _VERSIONS.fullmatch(match):
        raise Problem(400, "http.if_match", "form")
    return ExpectedVersion(frozenset(map(int, re.findall("[0-9]+", match))))


def _said(request: web.Request, name: str) -> str | None:
    return ", ".join(said).strip() if (said := request.headers.getall(name, None)) else None
