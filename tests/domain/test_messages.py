"""The catalogue of what people are told: both languages everywhere, every code has its sentences, and none is idle."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import msgspec
import pytest
from msgspec import Meta

from domain.facts.helpdesk import SatisfactionRated
from domain.input_policy.characters import complaint
from domain.josa import PAIRS
from domain.messages import HELP, HERE, LIBRARIES, Invalid, Message, of_library, reason, sentence, sentences
from domain.nearest import UnknownWord
from domain.phrase import Phrase
from domain.record import Refused

ROOT = Path(__file__).parents[2]
ROOMS = ("domain", "journal", "projections", "replay", "api")
SAID = {"Refused": 0, "Invalid": 0, "sentence": 0, "tell": 0, "say": 0, "Problem": 1}
"""Where the code stands in what is called to say something; classes of messages of the rooms beside them."""
OF_ONE_CODE = {"RowError": "row", "MappingError": "mapping"}
"""Messages of one code whose second argument says which, behind a place."""
PLACE = re.compile(r"(?<!\{)\{(\w+)\}")
BARE = re.compile(r"\}(은|는|이|가|을|를|과|와|으로|로)(?![가-힣(])")


class Said(NamedTuple):
    """A call that says something: its code and which, None where they are computed; the facts it names."""

    where: str
    code: str | None
    which: str | None
    facts: frozenset[str] | None


@cache
def nodes() -> tuple[tuple[str, ast.AST], ...]:
    files = [*(it for room in ROOMS for it in sorted((ROOT / room).rglob("*.py"))), ROOT / "sagwan.py"]
    trees = {str(it.relative_to(ROOT)): ast.parse(it.read_text(encoding="utf-8")) for it in files}
    return tuple((file, it) for file, tree in trees.items() for it in ast.walk(tree))


@cache
def constants() -> frozenset[str]:
    return frozenset(it.value for _, it in nodes() if isinstance(it, ast.Constant) and isinstance(it.value, str))


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    for file, it in nodes():
        if isinstance(it, ast.Call) and isinstance(it.func, ast.Name):
            yield f"{file}:{it.lineno}", it.func.id, it


def messages() -> dict[str, int]:
    """What says something, with the place of its code: also classes made of such without a constructor of their own."""
    found = dict(SAID)
    classes = [it for _, it in nodes() if isinstance(it, ast.ClassDef)]
    for _ in range(3):  # so deep is none
        for it in classes:
            bases = {base.id for base in it.bases if isinstance(base, ast.Name)}
            made = any(isinstance(one, ast.FunctionDef) and one.name == "__init__" for one in it.body)
            if not made and bases & {"Message", *found}:
                found[it.name] = 0
    return found


def said() -> Iterator[Said]:
    """Every call that says something, but for what says what somebody else did (`saying`)."""
    known = messages()
    quoting = {id(it.value) for _, it in nodes() if isinstance(it, ast.Attribute) and it.attr == "saying"}
    for where, name, it in calls():
        if name in known and len(it.args) > (at := known[name]) and id(it) not in quoting:
            which = it.args[at + 1] if len(it.args) > at + 1 else ast.Constant("")
            spread = any(one.arg is None for one in it.keywords)
            facts = None if spread else frozenset(one.arg for one in it.keywords if one.arg)
            if not (name == "tell" and len(it.args) == 3):  # which tells an asker how far it is
                yield Said(where, _text(it.args[at]), _text(which), facts)
        elif name in OF_ONE_CODE and len(it.args) > 1 and id(it) not in quoting:
            facts = frozenset(one.arg for one in it.keywords if one.arg)
            yield Said(where, OF_ONE_CODE[name], _text(it.args[1]), facts)


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def recognised() -> list[list[str]]:
    """What is recognised by its English, in both languages."""
    read = (tomllib.loads((HERE / name).read_text(encoding="utf-8")) for name in (LIBRARIES, HELP))
    return [it for file in read for some in file.values() for it in some]


def test_every_sentence_is_in_both_languages() -> None:
    for key, it in sentences().items():
        assert it.ko.strip(), key
        assert it.en.strip(), key
        assert re.search("[가-힣]", it.ko) or PLACE.sub("", it.ko).strip(" `':()") == "", f"{key}: {it.ko}"


def test_both_languages_say_the_same_facts() -> None:
    """But for the letters of a column, which a spreadsheet in English shows as well and nobody says."""
    for key, it in sentences().items():
        assert {*PLACE.findall(it.ko)} ^ {*PLACE.findall(it.en)} <= {"letters"}, key


def test_a_particle_behind_a_fact_is_written_as_a_pair() -> None:
    assert [f"{key}: {it.ko}" for key, it in sentences().items() if BARE.search(it.ko)] == []


def test_a_pair_of_particles_stands_behind_a_fact_alone() -> None:
    """Or it would be shown as a pair: nothing else chooses one of it."""
    pair = re.compile(r"(\{\w+\}[`'\"]?)?(" + "|".join(map(re.escape, PAIRS)) + ")")
    texts = [*(it.ko for it in sentences().values()), *(ko for ko, _ in recognised())]
    assert [text for text in texts for found in pair.finditer(text) if found[1] is None] == []


def test_a_sentence_of_a_library_and_a_text_of_help_are_said_in_korean() -> None:
    for ko, en in recognised():
        assert re.search("[가-힣]", ko) or not re.search("[A-Za-z]+( [A-Za-z]+){2}", ko), en


def test_every_code_that_is_said_has_its_sentence_with_its_facts() -> None:
    """A code of before that nobody put into the catalogue is told here, with the place."""
    there = [*said()]
    assert len(there) > 250
    for it in there:
        if it.code is None:
            continue
        keys = [f"{it.code}/{it.which}" if it.which else it.code]
        if it.which is None:
            keys = [key for key in sentences() if key == it.code or key.startswith(f"{it.code}/")]
        assert keys, f"{it.where}: {it.code} has no sentence in domain/messages"
        for key in keys:
            assert key in sentences(), f"{it.where}: {key} is no sentence of domain/messages"
            if it.facts is not None and it.which is not None:
                lacking = {*PLACE.findall(sentences()[key].ko)} - it.facts
                assert not lacking, f"{it.where}: {key} also says {lacking}"


def test_every_unknown_word_says_what_it_was_to_be() -> None:
    for where, name, it in calls():
        if name == "UnknownWord":
            assert f"word/{_text(it.args[0])}" in sentences(), where


def test_no_sentence_is_said_nowhere() -> None:
    idle = []
    for key in sentences():
        code, _, which = key.partition("/")
        by_status = code in ("title", "http.404")
        if not by_status and not {code, which or code} <= constants():
            idle.append(key)
    assert idle == []


def test_what_a_file_says_twice_stops_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / f"{name}.toml").write_text('"hub.unknown" = ["없음", "none"]\n', encoding="utf-8")
    monkeypatch.setattr("domain.messages.HERE", tmp_path)
    with pytest.raises(ValueError, match=r"hub\.unknown stands in another file too"):
        sentences.__wrapped__()


def test_a_refusal_is_a_code_and_facts_and_its_sentence_is_made_in_the_language_of_who_reads() -> None:
    it = Refused("hub.unknown", hub="EU-BRU")
    assert str(it) == "no hub EU-BRU has been designated; the secretariat does that"
    assert it.phrase.ko == "지정된 거점센터 EU-BRU가 없습니다. 지정은 사무국이 합니다."
    assert it.facts == {"hub": "EU-BRU"}


def test_what_somebody_else_said_is_said_and_no_fact() -> None:
    it = Refused("review.no_population", because=Phrase("그러함", "so"))
    assert (it.facts, it.phrase.en) == ({}, "this sample cannot be drawn: so")
    assert Refused("credential.expiry").saying(Phrase("ㄱ", "x")).phrase == ("ㄱ", "x")


def test_an_unknown_word_names_the_nearest_in_both_languages() -> None:
    it = UnknownWord("hub", "EU-BRX", ["EU-BRU", "AS-SIN"])
    assert it.phrase.en == "no hub has this code; did you mean EU-BRU?"
    assert it.phrase.ko == "이 코드의 거점센터가 없습니다. 혹시 EU-BRU입니까?"


class Sample(msgspec.Struct, forbid_unknown_fields=True):
    number: Annotated[int, Meta(ge=1, le=9)] = 1
    text: Annotated[str, Meta(min_length=1, max_length=3)] = "x"
    word: Annotated[str, Meta(pattern="^a$")] = "a"
    at: Annotated[datetime, Meta(tz=True)] | None = None
    on: date | None = None
    amount: Decimal = Decimal(0)
    pair: tuple[int, int] = (1, 2)
    several: Annotated[tuple[int, ...], Meta(min_length=1, max_length=2)] = (1,)


@pytest.mark.parametrize(
    "text",
    [
        '{"number": 0}',
        '{"number": 10}',
        '{"number": "1"}',
        '{"number": 99999999999999999999999}',
        '{"text": ""}',
        '{"text": "long"}',
        '{"word": "b"}',
        '{"at": "yesterday"}',
        '{"at": "2025-01-01T00:00:00"}',
        '{"on": "1.1.2025"}',
        '{"amount": "much"}',
        '{"pair": [1]}',
        '{"several": []}',
        '{"several": [1, 2, 3]}',
        '{"unheard_of": 1}',
        "[]",
        "",
        "{",
        "{,}",
        '{"number": 1,}',
        '{"number": 1 "text": "x"}',
        '{"several": [1,]}',
        '{"number" 1}',
        "{1: 2}",
        "{} {}",
        '{"text": "\\x"}',
        '{"text": "\\ud800"}',
        '{"number": 1.2.3}',
        "nul",
    ],
)
def test_what_a_decoder_says_is_recognised(text: str) -> None:
    with pytest.raises((msgspec.DecodeError, ValueError)) as told:
        msgspec.json.decode(text, type=Sample)
    it = reason(told.value)
    assert re.search("[가-힣]", it.ko), it.en
    assert it.en == str(told.value)


def test_a_field_that_lacks_is_said_with_its_path() -> None:
    with pytest.raises(msgspec.ValidationError) as told:
        msgspec.json.decode(b'{"type": "case.satisfaction_rated"}', type=SatisfactionRated)
    assert reason(told.value).ko == "score 항목: 값이 비어 있음."


def test_a_value_wrong_in_itself_keeps_its_sentence_through_a_decoder() -> None:
    with pytest.raises(msgspec.ValidationError) as told:
        msgspec.json.decode(b'[{"type": "case.satisfaction_rated", "score": 9}]', type=list[SatisfactionRated])
    assert reason(told.value) == ("`$[0]`: score는 1에서 5 사이여야 합니다.", "score is 1 to 5 - at `$[0]`")


def test_a_word_of_no_list_is_left_out_and_the_list_named() -> None:
    chosen = msgspec.defstruct("Chosen", [("word", Literal["low", "high"])])
    with pytest.raises(msgspec.ValidationError) as told:
        msgspec.convert({"word": "hihg"}, chosen)
    it = complaint(told.value, chosen)
    assert it.en == "invalid value; allowed: low, high; did you mean high? - at `$.word`"
    assert it.ko == "`$.word`: 허용되지 않는 값입니다. 쓸 수 있는 값: low, high. 혹시 high입니까?"


def test_what_nobody_knows_is_shown_as_it_is() -> None:
    assert of_library("Gremlins (3)") == ("Gremlins (3)", "Gremlins (3)")
    assert isinstance(Invalid("value.hours"), ValueError)
    assert isinstance(Invalid("value.hours"), Message)
    assert sentence("value.hours") == Invalid("value.hours").phrase
    assert HERE.is_dir()


@pytest.mark.parametrize(
    ("code", "which", "facts", "ko", "en"),
    [
        (
            *("authority.role", "reads"),
            {"role": "official", "what": sentence("authority.reads_all", "access_log")},
            "부처 담당은 접속기록을 점검할 수 없습니다.",
            "the role official does not review the access log",
        ),
        (
            *("finding.not_yours", ""),
            {"role": "auditor", "whose": "hub", "type": "finding.action_agreed"},
            "시정조치 합의(finding.action_agreed)는 거점센터 담당의 행위이며 감사 담당은 할 수 없습니다.",
            "finding.action_agreed is an act of the hub, not of the auditor",
        ),
        (
            *("finding.out_of_turn", ""),
            {"status": "closed", "type": "finding.raised"},
            "현재 상태(종결)에서는 지적(finding.raised)을 기록할 수 없습니다.",
            "finding.raised while closed",
        ),
    ],
)
def test_codes_have_their_names_in_a_korean_sentence(
    code: str, which: str, facts: dict[str, object], ko: str, en: str
) -> None:
    assert sentence(code, which, **facts) == (ko, en)


def test_no_korean_sentence_has_a_role_by_its_code_alone() -> None:
    bare = re.compile(r"(?<![\w`(=:/.])(official|analyst|auditor|secretariat|operator)(?![\w`)=/.])")
    told = [re.sub(r"`[^`]*`", "", it.ko) for it in sentences().values()]
    assert [it for it in told if bare.search(it)] == []
