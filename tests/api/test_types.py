"""What can be posted is told to those who write a client."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from inspect import cleandoc
from typing import Any

import msgspec
import pytest

from api.reads.types import type_schema
from domain.descriptions import common_fields, described
from domain.facts.helpdesk import CaseOpened
from domain.identity import COMPOSED
from domain.record import Entry, Fact, Recorded
from domain.registry import FACTS, TYPES
from journal.store.entry_rules import checked_entry, full_correction
from journal.store.submission import PostedCorrection
from tests.api.door import Door, event, opened

HANGUL = re.compile("[가-힣]")
ENGLISH = re.compile("[A-Za-z]+ [a-z]+")


def test_every_type_is_listed_with_what_it_says_and_needs_no_token(door: Door) -> None:
    listed = door.ask("GET", "/v1/types", None, who=None).body["types"]
    assert {it["type"] for it in listed} == TYPES.keys()
    assert all(it["says"] for it in listed)
    assert {it["type"]: it["is"] for it in listed}["review.submission_made"] == "an act"


def test_the_schema_of_a_type_has_the_fields_that_the_door_takes(door: Door) -> None:
    told = door.ask("GET", "/v1/types/case.opened", None, who=None).body
    assert (told["title"], told["required"]) == ("case.opened", ["topic"])
    whole = opened("case:1", "1")
    assert door.post(whole, who="EU-BRU").status == 201
    assert whole["data"].keys() <= told["properties"].keys()
    for data in ({}, {"topic": "visa", "type": "case.opened", "more": 1}):
        assert door.post(event("case.opened", "case:2", "2", data), who="EU-BRU").status == 400


def test_every_schema_has_the_fields_of_its_fact_and_nothing_else() -> None:
    for name, fact in TYPES.items():
        fields = {it.encode_name: it.required for it in msgspec.structs.fields(fact)}
        if name == "entry.corrected":
            fields["occurred_at"] = False
        if name == "entry.redacted":
            del fields["remains"], fields["editions"]
        told = type_schema(name)
        assert told["properties"].keys() == fields.keys()
        assert set(told["required"]) == {field for field, required in fields.items() if required}


def test_a_type_that_nobody_knows_is_answered_with_those_that_read_like_it(door: Door) -> None:
    answer = door.ask("GET", "/v1/types/case.open", None, who=None)
    assert (answer.status, answer.body["code"]) == (404, "event.unknown_type")
    assert "case.opened" in answer.body["facts"]["did_you_mean"]


def test_every_type_says_itself_what_it_means_in_english_and_korean() -> None:
    assert described().keys() == TYPES.keys(), "a type has its lines in domain/descriptions/KIND.toml"
    for name, fact in TYPES.items():
        assert fact.__doc__, f"{name} has a docstring of its own"
        schema = type_schema(name)
        for text in (schema["title_ko"], schema["description_ko"]):
            assert HANGUL.search(text), name
        for field, told in schema["properties"].items():
            assert told["description"], f"{name}.{field}"
            assert HANGUL.search(told["description_ko"]), f"{name}.{field}"


def test_every_type_has_a_title_in_words_of_both_languages_and_no_two_of_a_kind_the_same() -> None:
    for language in ("ko", "en"):
        titles = [(name.partition(".")[0], type_schema(name)[f"title_{language}"]) for name in TYPES]
        assert len(set(titles)) == len(titles)
    for name in TYPES:
        title = type_schema(name)["title_en"]
        assert re.fullmatch(r"[A-Z][A-Za-z -]+", title), title
        assert HANGUL.search(type_schema(name)["title_ko"])


def test_nothing_is_described_that_is_not_there() -> None:
    fields = {name: {it.encode_name for it in msgspec.structs.fields(fact)} for name, fact in TYPES.items()}
    for name, told in described().items():
        assert told.fields.keys() <= fields[name], name
    common = {field for name in TYPES for field in fields[name] - described()[name].fields.keys()}
    assert common_fields().keys() == common


NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)


@pytest.mark.parametrize("name", TYPES)
def test_the_example_of_a_type_is_one_by_the_rules_of_the_door(name: str) -> None:
    example, schema = described()[name].example, type_schema(name)
    assert set(schema["required"]) <= example.keys() <= schema["properties"].keys()
    kind = name.partition(".")[0]
    fact: Fact
    if name == "entry.corrected":
        posted = msgspec.json.decode(msgspec.json.encode(example), type=PostedCorrection)
        original = Recorded(example["entry"], entry("case:1", CaseOpened(topic="tax")))
        fact, kind = full_correction(posted, original), "case"
    else:
        fact = msgspec.json.decode(msgspec.json.encode(example), type=TYPES[name])
    checked_entry(entry("case:1" if kind == "entry" else f"{kind}:1", fact), NOW)


def entry(stream: str, fact: Fact) -> Entry[Any]:
    return Entry(
        stream=stream,
        version=1,
        occurred_at=NOW,
        recorded_at=NOW,
        hub="EU-BRU",
        actor="c-1",
        role="hub",
        source="test",
        id="1",
        salt="00" * 16,
        fact=fact,
    )


def test_the_examples_of_the_facts_of_the_world_are_taken(door: Door) -> None:
    for name, told in described().items():
        kind = name.partition(".")[0]
        if kind in FACTS:
            subject = "hub:EU-BRU" if kind == "hub" else f"{kind}:example"
            posted = event(name, subject, name, told.example, time="2025-12-01T09:00:00Z")
            central = "secretariat" if kind in ("hub", "map", "centre") else "EU-BRU"
            answer = door.post(posted, who="operator" if name == "evidence.accessed" else central)
            assert answer.status == (403 if name in COMPOSED else 201), (name, answer.body)


def test_no_type_is_described_by_the_sentence_of_its_base_class_or_of_another() -> None:
    said = {name: type_schema(name) for name in TYPES}
    for language in ("description", "description_ko"):
        sentences = [it[language] for it in said.values()]
        assert not {it for it in sentences if sentences.count(it) > 1}
        assert cleandoc(Fact.__doc__ or "") not in sentences
    for name, schema in said.items():
        assert ENGLISH.search(HANGUL.sub("", schema["description"])), name
        assert schema["examples"], name
