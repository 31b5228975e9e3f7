"""Events as other people's software sends them: structured, binary, in batches, as plain JSON, packed."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from cloudevents.core.bindings.http import to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from tests.api.door import BATCH, SINGLE, Answer, Door, opened

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    it = Door(tmp_path_factory.mktemp("modes") / "data")
    yield it
    it.close()


def send(door: Door, body: Any, type_: str = "application/json", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return door.ask("POST", "/v1/events", body, who="EU-BRU", type_=type_, headers=named)


def binary(door: Door, id_: str, body: Any = None, type_: str = "application/json", **more: str) -> Answer:
    attributes = {"specversion": "1.0", "id": id_, "source": "test", "type": "case.opened", "subject": f"case:{id_}"}
    attributes |= {"time": "2025-03-03T10:00:00+01:00"} | more
    return send(
        door,
        {"topic": "visa"} if body is None else body,
        type_,
        **{f"ce-{name}": value for name, value in attributes.items() if value},
    )


def stored(door: Door, answer: Answer) -> dict[str, Any]:
    assert answer.status == 201, answer.raw
    return door.get(f"/v1/events/{answer.body['position']}").body["entry"]


def by_sdk(id_: str, **more: Any) -> CloudEvent:
    attributes = {
        **{
            "id": id_,
            "source": "hub:EU-BRU/상담 창구",
            "type": "case.opened",
            "subject": f"case:{id_}",
            "author": "창구",
        },
        **{"specversion": "1.0", "datacontenttype": "application/json", "zone": "Europe/Brussels"},
        **{"time": datetime.fromisoformat("2025-03-03T10:00:00+01:00"), "imported": True, **more},
    }
    return CloudEvent(attributes=attributes, data={"topic": '비자 100% "빠름"'})


def test_the_sdk_of_cloudevents_posts_structured_binary_and_in_batches(steady: Door) -> None:
    sent = {}
    for mode, to in (("structured", to_structured), ("binary", to_binary)):
        message = to(by_sdk(mode, traceparent="00-ab-cd-01"), JSONFormat())
        answer = steady.ask("POST", "/v1/events", message.body, who="EU-BRU", headers=message.headers, type_=None)
        assert answer.body["not_kept"] == ["author", "traceparent"]
        sent[mode] = stored(steady, answer)
    for mode, entry in sent.items():
        assert (entry["stream"], entry["source"]) == (f"case:{mode}", "hub:EU-BRU/상담 창구")
        assert (entry["zone"], entry["imported"], entry["occurred_at"]) == (
            "Europe/Brussels",
            True,
            "2025-03-03T09:00:00Z",
        )
        assert entry["fact"]["topic"] == '비자 100% "빠름"'
    events = b",".join(JSONFormat().write(by_sdk(f"batch-{n}")) for n in range(3))
    answer = send(steady, b"[" + events + b"]", BATCH)
    assert (answer.status, answer.body["recorded"]) == (201, 3)


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl here")
def test_curl_posts_an_event_in_headers_and_a_file_of_lines(steady: Door, tmp_path: Any) -> None:
    def curl(*more: str) -> list[Any]:
        command = ["curl", "-sS", "--max-time", "30", "-H", f"Authorization: Bearer {steady.tokens['EU-BRU']}", *more]
        done = subprocess.run([*command, f"{steady.url}/v1/events"], capture_output=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    headers = {"ce-specversion": "1.0", "ce-id": "curl", "ce-source": "%EC%84%9C%EC%9A%B8", "ce-type": "case.opened"}
    headers |= {"ce-subject": "case:curl", "ce-time": "2025-03-03T10:00:00Z"}
    headers |= {"Content-Type": "application/json"}
    (answer,) = curl(*(it for pair in headers.items() for it in ("-H", ": ".join(pair))), "-d", '{"topic":"visa"}')
    assert steady.get(f"/v1/events/{answer['position']}").body["entry"]["source"] == "서울"
    file = tmp_path / "events.ndjson.gz"
    file.write_bytes(
        gzip.compress(b"".join(json.dumps(opened(f"case:{n}", f"curl-{n}")).encode() + b"\n" for n in range(9)))
    )
    lines = ("-H", "Content-Type: application/x-ndjson", "-H", "Content-Encoding: gzip")
    *answers, last = curl(*lines, "--data-binary", f"@{file}")
    assert [it["line"] for it in answers] == list(range(1, 10))
    assert (last["status"], last["lines"], last["recorded"]) == ("complete", 9, 9)


def test_json_is_an_event_an_array_or_the_data_of_one_in_headers(steady: Door) -> None:
    assert send(steady, opened("case:1", "json-1")).status == 201
    assert send(steady, [opened("case:1", "json-2"), opened("case:1", "json-3")]).body["recorded"] == 2
    assert stored(steady, binary(steady, "json-4"))["fact"] == {"type": "case.opened", "topic": "visa"}
    assert stored(steady, binary(steady, "json-5", type_="application/vnd.hub+json"))["id"] == "json-5"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("%EC%84%9C%EC%9A%B8", "서울"),
        ('"%EC%84%9C%EC%9A%B8 \\"1\\""', '서울 "1"'),
        ("%61b%20c", "ab c"),
        ("a%2541 %25", "a%41 %"),
        ("%C0%A0", None),
        ("%F0%9F", None),
        ("100%", None),
        ("%4", None),
        ("서울", None),
        ('"a', None),
    ],
)
def test_a_header_is_decoded_once_as_the_binding_says(steady: Door, value: str, text: str | None) -> None:
    answer = binary(steady, f"h{value.encode().hex()}", source=value.encode().decode("latin-1"))
    if text:
        assert stored(steady, answer)["source"] == text
    else:
        assert (answer.status, answer.body["code"], answer.body["facts"]["path"]) == (400, "event.header", "$.source")


def test_a_subject_in_korean_is_read_and_answered_as_it_is_inside_an_event(steady: Door) -> None:
    inside = send(steady, opened("case:서울", "ko"), SINGLE)
    assert binary(steady, "ko", subject="case:%EC%84%9C%EC%9A%B8").body == inside.body


@pytest.mark.parametrize(
    ("more", "status", "code", "path"),
    [
        ({"specversion": "0.3"}, 400, "event.invalid", "$.specversion"),
        ({"source": ""}, 400, "event.invalid", "$"),
        ({"imported": "yes"}, 400, "event.invalid", "$.imported"),
        ({"time": "yesterday"}, 400, "event.invalid", "$.time"),
        ({"sbject": "x"}, 400, "event.attribute", "$.sbject"),
        ({"data": "{}"}, 400, "event.attribute", "$.data"),
        ({"datacontenttype": "application/json"}, 400, "event.attribute", "$.datacontenttype"),
    ],
)
def test_a_wrong_header_is_told_by_its_attribute(
    steady: Door, more: dict[str, str], status: int, code: str, path: str
) -> None:
    answer = binary(steady, "wrong", **more)
    assert (answer.status, answer.body["code"], answer.body["facts"]["path"]) == (status, code, path)


@pytest.mark.parametrize(
    ("body", "type_", "code"),
    [
        (b'{"topic":"visa"},"id":"other"', "application/json", "body.not_json"),
        (b"\xff", "application/json", "body.not_json"),
        (b"", "application/json", "event.invalid"),
        (b"<topic/>", "application/xml", "event.invalid"),
        (b'{"topic":"visa"}', "application/json; charset=euc-kr", "event.content_type"),
    ],
)
def test_the_body_of_an_event_in_headers_is_its_data_and_nothing_else(
    steady: Door, body: bytes, type_: str, code: str
) -> None:
    answer = binary(steady, "data", body, type_)
    assert answer.body["code"] == code, answer.body


def test_headers_beside_a_structured_event_say_the_same(steady: Door) -> None:
    event = opened("case:1", "both", imported=True, zone="Europe/Brussels")
    headers = {"ce-specversion": "1.0", "ce-id": "both", "ce-subject": "case:1", "ce-imported": "true"}
    assert send(steady, event, SINGLE, **headers).status == 201
    other = send(steady, event, SINGLE, **headers | {"ce-subject": "case:2"})
    assert (other.status, other.body["code"], other.body["facts"]["path"]) == (400, "event.header", "$.subject")
    assert send(steady, [event], BATCH, **headers).body["code"] == "event.header"
    assert send(steady, event, SINGLE, ce_id="both").body["code"] == "event.header"
    assert send(steady, [event], ce_id="both").body["code"] == "event.header"


def test_another_charset_or_type_is_refused(steady: Door) -> None:
    for type_ in (f"{SINGLE}; charset=euc-kr", "application/cloudevents+avro", "text/csv"):
        answer = send(steady, opened("case:1", "type"), type_)
        assert (answer.status, answer.body["code"]) == (415, "event.content_type"), type_
    assert send(steady, opened("case:1", "type"), f"{SINGLE}; charset=UTF-8").status == 201
    known = steady.ask("POST", "/v1/events/known", [opened("case:1", "type")], who="EU-BRU", type_="text/csv")
    assert known.status == 415
    headers = {"ce-id": "1"}
    known = steady.ask("POST", "/v1/events/known", [opened("case:1", "type")], who="EU-BRU", headers=headers)
    assert known.body["code"] == "event.header"


PACKERS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstd.compress}


@pytest.mark.parametrize("coding", PACKERS)
def test_a_body_comes_packed(steady: Door, coding: str) -> None:
    events = json.dumps([opened("case:packed", f"{coding}-{n}") for n in range(200)]).encode()
    packed = PACKERS[coding](events)
    assert send(steady, packed, BATCH, Content_Encoding=coding).body["recorded"] == 200
    assert send(steady, packed[:-9], BATCH, Content_Encoding=coding).body["code"] == "body.broken"
    assert send(steady, packed + packed, BATCH, Content_Encoding=coding).body["code"] == "body.broken"


@pytest.mark.parametrize("coding", PACKERS)
def test_a_bomb_is_refused_before_it_is_unpacked(steady: Door, coding: str) -> None:
    bomb = PACKERS[coding](bytes(100 * 1024 * 1024))
    for type_ in (BATCH, SINGLE):
        answer = send(steady, bomb, type_, Content_Encoding=coding)
        assert (answer.status, answer.body["code"]) == (413, "body.too_large")


def test_a_window_of_zstd_that_takes_much_memory_is_refused(steady: Door) -> None:
    options: dict[int, int] = {zstd.CompressionParameter.window_log: 27, zstd.CompressionParameter.content_size_flag: 0}
    packer = zstd.ZstdCompressor(options=options)
    packed = packer.compress(b" " * 100_000, mode=packer.FLUSH_BLOCK) + packer.flush()
    assert send(steady, packed, BATCH, Content_Encoding="zstd").body["code"] == "body.broken"


def test_codings_of_codings_are_refused(steady: Door) -> None:
    assert send(steady, gzip.compress(b"[]"), BATCH, Content_Encoding="gzip, gzip").body["code"] == "body.encoding"
