"""A body is what its headers say: its digest, its type."""

from __future__ import annotations

import base64
import gzip
import hashlib

import msgspec
import pytest

from tests.api.door import BATCH, SINGLE, Answer, Door, opened


def posted(door: Door, path: str, body: bytes, type_: str, who: str = "EU-BRU", **headers: str) -> Answer:
    return door.ask("POST", path, body, who=who, type_=type_, headers=headers)


def named(body: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


@pytest.mark.parametrize("field", ["Content-Digest", "Repr-Digest"])
def test_a_body_that_is_another_is_not_recorded(door: Door, field: str) -> None:
    one = msgspec.json.encode(opened(f"case:{field}", f"{field}-1"))
    refused = posted(door, "/v1/events", one, SINGLE, **{field: named(b"another")})
    assert (refused.status, refused.body["code"]) == (422, "body.other_digest")
    assert refused.body["facts"] == {"field": field, "algorithm": "sha-256"}
    assert posted(door, "/v1/events", one, SINGLE, **{field: named(one)}).status == 201, "nothing of it was recorded"
    assert posted(door, "/v1/events", one, SINGLE, **{field: "sha-256=x"}).body["code"] == "http.digest_field"
    assert posted(door, "/v1/events", one, SINGLE, **{field: "md5=:AAAA:"}).status == 200, "one that nobody is to trust"


def test_a_digest_is_of_what_is_sent_packed(door: Door) -> None:
    packed = gzip.compress(msgspec.json.encode([opened("case:packed", "packed-1")]))
    headers = {"Content-Encoding": "gzip", "Content-Digest": named(packed)}
    assert posted(door, "/v1/events", packed, BATCH, **headers).status == 201
    headers["Content-Digest"] = named(gzip.decompress(packed))
    assert posted(door, "/v1/events", packed, BATCH, **headers).body["code"] == "body.other_digest"


def test_a_body_of_one_wish_is_json_or_says_no_type(door: Door) -> None:
    wish = msgspec.json.encode({"role": "analyst"})
    bytes_ = "application/octet-stream"  # as clients say of their own accord, ours of before too
    for type_ in ("application/json", "application/json; charset=UTF-8", "application/merge-patch+json", bytes_):
        assert posted(door, "/v1/tokens", wish, type_, "operator").status == 201
    for type_ in ("text/plain", "application/x-www-form-urlencoded", "application/json; charset=euc-kr"):
        for path in ("/v1/tokens", "/v1/editions/2025S1"):
            refused = posted(door, path, wish, type_, "operator" if path == "/v1/tokens" else "secretariat")
            assert (refused.status, refused.body["code"]) == (415, "body.content_type"), (path, type_)


def test_routes_of_other_bodies_go_by_it_and_lines_cannot(door: Door) -> None:
    wish = msgspec.json.encode({"role": "analyst"})
    wrong = {"Content-Digest": named(b"another")}
    refused = posted(door, "/v1/tokens", wish, "application/json", "operator", **wrong)
    assert (refused.status, refused.body["code"]) == (422, "body.other_digest")
    line = msgspec.json.encode(opened("case:line", "line-1")) + b"\n"
    lines = posted(door, "/v1/events", line, "application/x-ndjson", **{"Content-Digest": named(line)})
    assert (lines.status, lines.body["code"]) == (400, "http.digest_field")
