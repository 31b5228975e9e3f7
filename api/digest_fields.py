"""`Content-Digest` and `Repr-Digest` (RFC 9530): the declared digests of a body, and whether they are right."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from api.problems import Problem

FIELDS = ("Content-Digest", "Repr-Digest")
"""The same here: both are of what is sent, packed or not."""
ALGORITHMS = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
"""Those that RFC 9530 does not call insecure; others are not looked at, as it says."""

_MEMBER = re.compile(r"\s*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/=]*):\s*")
"""A member of a dictionary that is a byte sequence (RFC 9651 3.2, 3.3.5)."""


def said_digests(request: web.Request) -> dict[tuple[str, str], bytes]:
    """The digests that a request names, by field and algorithm. Raises Problem for a field that does not read."""
    found = {}
    for field in FIELDS:
        if field not in request.headers:
            continue
        for member in filter(None, ",".join(request.headers.getall(field)).split(",")):
            if not (it := _MEMBER.fullmatch(member)):
                raise _malformed(field)
            if it[1] in ALGORITHMS:
                try:
                    found[field, it[1]] = base64.b64decode(it[2], validate=True)
                except binascii.Error:
                    raise _malformed(field) from None
    return found


class BodyDigests:
    """Digests a body by the algorithms of the digests declared for it."""

    def __init__(self, declared: Mapping[tuple[str, str], bytes]) -> None:
        self._declared = declared
        self._made: dict[str, Any] = {name: ALGORITHMS[name]() for _, name in declared}

    def update(self, data: bytes) -> None:
        for it in self._made.values():
            it.update(data)

    def other(self) -> dict[str, str] | None:
        """The first field, with its algorithm, whose digest is wrong, None where all are right."""
        for (field, name), digest in self._declared.items():
            if self._made[name].digest() != digest:
                return {"field": field, "algorithm": name}
        return None


def digest_field(sha256: str) -> str:
    return f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"


def _malformed(field: str) -> Problem:
    return Problem(400, "http.digest_field", field=field)
