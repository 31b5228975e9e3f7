"""One bad event of one hub is its own trouble: over HTTP, on both databases."""

from __future__ import annotations

import base64
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.api.door import BATCH, Answer, Door, event, opened

NFD, NFC = "\u1100\u1161-1", "\uac00-1"
CP949 = "비자".encode("cp949")


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    it = Door(tmp_path_factory.mktemp("alone"))
    yield it
    it.close()


@pytest.fixture(params=["sqlite", "postgres"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Door]:
    database = request.getfixturevalue("database") if request.param == "postgres" else None
    it = Door(tmp_path / "data", database)
    yield it
    it.close()


def correction(position: int, id_: str, inner: bytes) -> bytes:
    """The bytes of a correction whose inner data is as given."""
    whole = event("entry.corrected", "case:fix", id_, {"entry": position, "reason": "CLERICAL", "data": "INNER"})
    return msgspec.json.encode(whole).replace(b'"INNER"', inner)


def told(answer: Answer) -> tuple[int, str, Any]:
    return answer.status, answer.body["code"], answer.body.get("facts", {}).get("path")


def test_while_one_connection_repeats_a_bad_correction_another_hub_records_all_it_posts(both: Door) -> None:
    position = both.post(opened("case:fix", "fix")).body["position"]
    bad = correction(position, "bad", b'{"topic":"' + CP949 + b'"}')
    over, answers = threading.Event(), Counter[int]()

    def repeat() -> None:
        while not over.is_set():
            answers[both.post(bad).status] += 1

    repeating = threading.Thread(target=repeat)
    repeating.start()
    others = Counter(both.post(opened(f"case:as-{n}", str(n)), who="AS-SIN").status for n in range(150))
    over.set()
    repeating.join()
    assert others == {201: 150}
    assert answers.keys() == {400}


@pytest.mark.parametrize(
    "bad",
    [
        b'{"topic":"' + CP949 + b'"}',
        b'{"topic":"visa","x":"' + CP949 + b'"}',
        b'{"topic":"\\ud83d"}',
        b'{"topic":"a\nb"}',
    ],
    ids=["CP949", "CP949 where nobody reads", "half an emoji", "a raw line feed"],
)
def test_bytes_that_are_no_json_in_utf_8_are_the_trouble_of_one_event(sqlite: Door, bad: bytes) -> None:
    plain = msgspec.json.encode(event("case.opened", "case:x", "x", "INNER")).replace(b'"INNER"', bad)
    position = sqlite.post(opened("case:fix", "fix")).body["position"]
    restated = correction(position, "x", bad)
    unread = msgspec.json.encode(opened("case:x", "x")).replace(b"{", b'{"note":"' + CP949 + b'",', 1)
    good = [msgspec.json.encode(opened("case:good", f"{bad!r}-{n}")) for n in range(48)]
    for it in (plain, restated, unread):
        answer = sqlite.post(it)
        assert answer.status == 400, answer.body
    answer = sqlite.post(b"[" + b" ,\n".join([*good[:20], plain, restated, *good[20:], unread]) + b"]", type_=BATCH)
    assert answer.status == 207, answer.body
    status = ["recorded"] * 20 + ["refused"] * 2 + ["recorded"] * 28 + ["refused"]
    assert [it["status"] for it in answer.body["results"]] == status
    assert {it["problem"]["status"] for it in answer.body["results"] if it["status"] == "refused"} == {400}


@pytest.mark.parametrize("body", [b"[{},", b"[{}] {}", b"[{} {}]", b"[[{}]", b"[" * 5_000, b"", b"[nul]"])
def test_a_batch_of_which_the_elements_cannot_be_told_apart_is_refused_whole(sqlite: Door, body: bytes) -> None:
    answer = sqlite.post(body, type_=BATCH)
    assert (answer.status, answer.body["code"]) == (400, "body.not_json")


def test_a_batch_of_brackets_without_end_is_refused_whole_before_they_are_counted(sqlite: Door) -> None:
    answer = sqlite.post(b"[" * 100_000, type_=BATCH)
    assert (answer.status, answer.body["code"]) == (413, "event.too_large")


def test_an_element_that_is_nested_too_deep_is_the_trouble_of_one_event(sqlite: Door) -> None:
    deep = msgspec.json.encode(opened("case:x", "deep")).replace(b'"visa"', b"[" * 5000 + b"]" * 5000)
    unread = msgspec.json.encode(opened("case:x", "deep", extra="E")).replace(b'"E"', b"[" * 5000 + b"]" * 5000)
    good = [msgspec.json.encode(opened("case:deep", f"deep-{n}")) for n in range(2)]
    answer = sqlite.post(b"[" + b",".join([good[0], deep, unread, good[1]]) + b"]", type_=BATCH)
    assert [it["status"] for it in answer.body["results"]] == ["recorded", "refused", "refused", "recorded"]
    for it in answer.body["results"][1:3]:
        assert (it["problem"]["code"], "nested too deep" in it["problem"]["detail"]) == ("body.not_json", True)


@pytest.mark.parametrize("rest", [b'"id": }', b'"id":"a', b'"id":"\\ud83d"}', b'"id":"a"}}'])
def test_what_is_no_json_behind_an_attribute_that_is_not_kept_is_told_so(sqlite: Door, rest: bytes) -> None:
    answer = sqlite.post(b'{"specversion":"1.0","note":1,' + rest)
    assert (answer.status, answer.body["code"]) == (400, "body.not_json")


@pytest.mark.parametrize("evidence", ["ab" * 32 + "\n", "ab" * 32 + " " + "cd" * 32 + "\n", "ab" * 32 + " "])
def test_nothing_stands_behind_a_digest_of_evidence(sqlite: Door, evidence: str) -> None:
    answer = sqlite.post(opened("case:x", "evidence", evidence=evidence))
    assert (answer.status, answer.body["facts"]["path"]) == (400, "$.evidence")


def test_half_an_emoji_is_told_as_what_it_is(sqlite: Door) -> None:
    answer = sqlite.post(msgspec.json.encode(opened("case:x", "x")).replace(b"visa", b"\\ud83d"))
    assert "half of a surrogate pair" in answer.body["detail"]


def test_what_no_database_takes_is_refused_by_both_in_the_same_words(both: Door) -> None:
    bad = [
        opened("case:x", "a\u0000b"),
        opened("case:x", "x", source="a\u0000"),
        opened("case:x", "\U00020000" * 256, source="\U00020000" * 512),
        opened("case:x", "a\nb\u001b[31m"),
        opened("case:x", NFD),
        event("case.resolved", "case:x", "x", {"resolution": "a\u0007"}),
        event("case.resolved", "case:x", "x", {"resolution": "가\u202e나\u2066"}),
        opened("case:x", "x", topic="a\tb") | {"data": {"topic": "a\tb"}},
        opened("case:\u0000", "x"),
    ]
    codes = [
        (400, "text.character", "$.id"),
        (400, "text.character", "$.source"),
        (400, "identity.too_long", "$.id"),
        (400, "text.character", "$.id"),
        (400, "text.not_nfc", "$.id"),
        (400, "text.character", "$.data.resolution"),
        (400, "text.character", "$.data.resolution"),
        (400, "text.character", "$.data.topic"),
        (422, "stream.malformed", "$.subject"),
    ]
    assert [told(both.post(it)) for it in bad] == codes
    assert both.post(bad[4]).body["facts"]["nfc"] == NFC
    good = [opened("case:y", str(n)) for n in range(43)]
    answer = both.post([*good[:20], *bad, *good[20:]])
    assert [it["status"] for it in answer.body["results"]] == ["recorded"] * 20 + ["refused"] * 9 + ["recorded"] * 23
    with_lines = event("case.resolved", "case:x", "lines", {"resolution": "가\r\n나\r\u1103\u1161\t."})
    position = both.post(with_lines).body["position"]
    stored = both.get(f"/v1/events/{position}").body["entry"]["fact"]["resolution"]
    assert stored == "가\n나\n다\t."
    assert both.post(with_lines).body["position"] == position


def test_texts_come_by_the_same_rule_through_every_door(both: Door) -> None:
    label = both.ask("POST", "/v1/tokens", {"role": "analyst", "label": "a\u0000"}, who="operator")
    assert told(label) == (400, "text.character", "$.label")
    long = both.ask("POST", "/v1/tokens", {"role": "analyst", "label": "x" * 201}, who="operator")
    assert (long.status, long.body["code"]) == (422, "credential.label")
    nobody = both.ask("POST", "/v1/tokens", {"role": "hub", "hub": ""}, who="operator")
    assert (nobody.status, nobody.body["code"]) == (422, "credential.hub")
    person = both.ask("POST", "/v1/persons", {"name_ko": "김\u202e하나"}, who="EU-BRU")
    assert told(person) == (400, "text.character", "$.name_ko")
    invalid = both.ask("POST", "/v1/persons", b'{"name_ko":"' + CP949 + b'"}', who="EU-BRU")
    assert (invalid.status, invalid.body["code"]) == (400, "person.invalid")
    asked = both.ask("POST", "/v1/persons/resolve", {"references": ["a", "b\u0000"]}, who="EU-BRU")
    assert told(asked) == (400, "text.character", "$.references[1]")
    hold = {"law": "a\u0000", "until": "2027-01-01"}
    held = both.ask("POST", f"/v1/persons/{_person(both)}/holds", hold, who="EU-BRU")
    assert told(held) == (400, "text.character", "$.law")
    assert both.get("/v1/tokens", who="operator").status == 200


def _person(door: Door) -> str:
    return str(door.ask("POST", "/v1/persons", {"name_ko": "김하나", "reference": "1"}, who="EU-BRU").body["pseudonym"])


def test_what_is_wrong_beyond_every_rule_refuses_that_event_and_not_its_batch(
    sqlite: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    from api.http import computed_claims

    async def broken(_: object, it: Any) -> Any:
        if it.id == "culprit":
            raise ZeroDivisionError
        return it

    monkeypatch.setattr(computed_claims, "verify_claims", broken)
    batch = [opened("case:z", "z1"), opened("case:z", "culprit"), opened("case:z", "z2")]
    answer = sqlite.post(batch)
    assert [it["status"] for it in answer.body["results"]] == ["recorded", "refused", "recorded"]
    single = sqlite.post(batch[1])
    assert (single.status, single.body["code"]) == (422, "event.unfit")


def encoded(data: Any) -> str:
    return base64.b64encode(data if isinstance(data, bytes) else msgspec.json.encode(data)).decode()


def test_data_in_base64_is_the_same_data(sqlite: Door) -> None:
    whole = opened("case:b64", "b64")
    bare = {name: it for name, it in whole.items() if name != "data"}
    answer = sqlite.post(bare | {"data_base64": encoded({"topic": "visa"})})
    assert answer.status == 201
    assert sqlite.get(f"/v1/events/{answer.body['position']}").body["entry"]["fact"]["topic"] == "visa"
    again = sqlite.post(whole)
    assert (again.status, again.body["position"]) == (200, answer.body["position"])
    json = {"datacontenttype": "application/vnd.hub+json; charset=utf-8"}
    assert sqlite.post(bare | json | {"data_base64": encoded({"topic": "visa"})}).status == 200
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"data_base64": encoded({"topic": "visa"}), "data": {"topic": "visa"}}, "$.data_base64"),
        ({"data_base64": "%%%"}, "$.data_base64"),
        ({"data_base64": encoded(CP949)}, "$.data_base64"),
        ({"data_base64": encoded({"topic": "visa"}), "datacontenttype": "text/csv"}, "$.datacontenttype"),
        ({"data_base64": encoded({"topic": 7})}, "$.data.topic"),
        ({"data_base64": encoded({})}, "$.data"),
    ]
    for more, path in wrong:
        refused = sqlite.post(bare | {"id": "b64-2"} | more)
        assert told(refused) == (400, "event.invalid", path), more
    assert sqlite.post(bare | {"id": "b64-2", "data_base64": encoded(b"PDF")}).body["code"] == "body.not_json"


def test_what_the_record_does_not_keep_of_an_event_is_told(sqlite: Door) -> None:
    more: dict[str, Any] = {"traceparent": "00-1", "dataschema": "urn:x", "hubversion": 3}
    names = ["dataschema", "hubversion", "traceparent"]
    first = sqlite.post(opened("case:kept", "kept", **more))
    assert (first.status, first.body["not_kept"]) == (201, names)
    again = sqlite.post(opened("case:kept", "kept", **more))
    assert (again.status, again.body["not_kept"]) == (200, names)
    batch = sqlite.post([opened("case:kept", "kept-2", **more), opened("case:kept", "kept-3")])
    assert [it.get("not_kept") for it in batch.body["results"]] == [names, None]


@pytest.mark.parametrize(
    ("name", "near"),
    [("tme", "time"), ("Subject", "subject"), ("subjct", "subject"), ("evidences", "evidence"), ("TIME", "time"),
     ("database64", "data_base64"), ("Data-Base64", "data_base64"), ("import", "imported"), ("zones", "zone"),
     ("dataContentType", "datacontenttype"), ("ID", "id"), ("sorce", "source")],
)  # fmt: skip
def test_what_is_nearly_the_name_of_an_attribute_is_refused_with_that(sqlite: Door, name: str, near: str) -> None:
    answer = sqlite.post(opened("case:near", name) | {name: "x"})
    assert told(answer) == (400, "event.attribute", f"$.{name}")
    assert answer.body["facts"]["did_you_mean"] == near


@pytest.mark.parametrize("name", ["hub_version", "Über", "x-trace", "추적", ""])
def test_the_name_of_an_attribute_is_made_of_small_letters_and_digits(sqlite: Door, name: str) -> None:
    answer = sqlite.post(opened("case:near", "named") | {name: "x"})
    assert (answer.status, answer.body["code"]) == (400, "event.attribute")
