"""One rule for every text: how it is kept, and what it never holds."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.acts.calendar import WorkCalendarPublished
from domain.acts.credential import CredentialIssued
from domain.acts.review import SubmissionReturned
from domain.acts.sla import SlaPolicyPublished
from domain.facts.helpdesk import CaseOpened, CaseResolved, CaseTriaged
from domain.facts.hub import HubDesignated
from domain.facts.project import CreditShared, OutputReported
from domain.input_policy import characters
from domain.record import Refused
from domain.registry import EntryCorrected, EntryVoided
from journal.vault.vault import Personal

THEN = datetime(2025, 3, 3, tzinfo=UTC)
NFD, NFC = "\u1100\u1161\u1102\u1161", "\uac00\ub098"


def refused(fact: msgspec.Struct) -> tuple[str, object, object]:
    with pytest.raises(Refused) as refusal:
        characters.check_characters(fact, "$.data")
    facts = refusal.value.facts
    return refusal.value.code, facts["path"], facts["character"]


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        (NFD, NFC),
        ("a\r\nb\rc\n", "a\nb\nc\n"),
        ("e\u0301", "\u00e9"),
        ("\u212b", "\u00c5"),
        ("plain", "plain"),
        (r"a\r", r"a\r"),
    ],
)
def test_a_text_is_kept_in_nfc_with_its_lines_ended_by_a_line_feed(given_: str, kept: str) -> None:
    assert characters.normalized(CaseResolved(resolution=given_)).resolution == kept


def test_keys_of_tables_and_what_a_correction_restates_are_texts_too() -> None:
    assert characters.normalized(CreditShared(shares={NFD: Decimal(1)})).shares == {NFC: 1}
    assert refused(CreditShared(shares={"EU\u0000": Decimal(1)})) == ("text.character", "$.data.shares", "U+0000")
    restated = EntryCorrected(entry=1, reason="CLERICAL", occurred_at=THEN, data=CaseResolved(resolution="a\u0007"))
    assert refused(restated) == ("text.character", "$.data.data.resolution", "U+0007")
    assert refused(SubmissionReturned(points=("a", "b\u0000"))) == ("text.character", "$.data.points[1]", "U+0000")


def test_two_keys_that_are_one_in_nfc_are_not_made_one() -> None:
    half = Decimal("0.5")
    with pytest.raises(Refused, match="two keys"):
        characters.normalized(CreditShared(shares={NFD: half, NFC: half}))


def test_what_grows_beyond_its_length_in_nfc_is_refused_and_never_stored() -> None:
    with pytest.raises(Refused, match=r"NFC.*4000"):
        characters.normalized(CaseResolved(resolution="\u0958" * 4000))


@pytest.mark.parametrize(
    "character",
    ["\u0000", "\u0007", "\u001b", "\u007f", "\u0085", "\u009f", *map(chr, [*range(0x202A, 0x202F)]), *"\u2066\u2069"],
)
def test_no_text_holds_control_characters_or_what_turns_the_direction_of_writing(character: str) -> None:
    named = f"U+{ord(character):04X}"
    assert refused(CaseResolved(resolution=f"a{character}b")) == ("text.character", "$.data.resolution", named)
    assert refused(CaseOpened(topic=f"a{character}b")) == ("text.character", "$.data.topic", named)
    assert refused(Personal(name_ko=f"a{character}b")) == ("text.character", "$.data.name_ko", named)


@pytest.mark.parametrize("half", [0xD83D, 0xDC00])
def test_half_a_surrogate_pair_is_no_character(half: int) -> None:
    told = refused(characters.normalized(CaseOpened(topic=chr(half))))
    assert told == ("text.character", "$.data.topic", f"U+{half:04X}")


def test_people_write_sentences_over_several_lines_and_keys_on_one() -> None:
    characters.check_characters(CaseResolved(resolution="가\n\t나 👩‍🔬 שלום\u200f"), "$.data")
    for character in "\t\n":
        assert refused(CaseOpened(topic=f"a{character}"))[1:] == ("$.data.topic", f"U+{ord(character):04X}")
    calendar = WorkCalendarPublished(version=1, tz="UTC\n", weekly_open=(), source="x")
    assert refused(calendar)[1] == "$.data.tz"


@given(st.text(max_size=40))
def test_kept_once_it_is_kept_so_for_ever(text: str) -> None:
    fact = CaseResolved(resolution="x" + text)
    once = characters.normalized(fact)
    assert characters.normalized(once) == once
    assert once.resolution
    assert unicodedata.is_normalized("NFC", once.resolution)
    assert "\r" not in once.resolution


@pytest.mark.parametrize("text", [NFD, "e\u0301"])
def test_what_names_an_assertion_is_refused_with_its_nfc_form(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        characters.check_name(text, "$.id")
    assert refusal.value.code == "text.not_nfc"
    assert refusal.value.facts == {"path": "$.id", "nfc": unicodedata.normalize("NFC", text)}


@pytest.mark.parametrize(
    ("type_", "json", "says"),
    [
        (CaseTriaged, '{"severity":"hihg"}', "low, normal, high, critical; did you mean high? - at `$.severity`"),
        (CaseTriaged, '{"severity":"김하나"}', "low, normal, high, critical - at `$.severity`"),
        (HubDesignated, '{"region":"EUROP"}', "AMERICAS, EUROPE, ASIA; did you mean EUROPE? - at `$.region`"),
        (
            OutputReported,
            """{"kind":"PAPER","pid_scheme":"x' - at `$.kind`"}""",
            "DOI, PATENT_FAMILY, OTHER - at `$.pid_scheme`",
        ),
        (
            SlaPolicyPublished,
            '{"version":1,"resolve_minutes":{},"first_response_minutes":{"crit":3}}',
            "low, normal, high, critical; did you mean critical? - at `key` in `$.first_response_minutes`",
        ),
        (
            EntryCorrected,
            '{"entry":1,"reason":"CLERICAL","occurred_at":"2025-01-01T00:00:00Z",'
            '"data":{"type":"case.triaged","severity":"김"}}',
            "low, normal, high, critical - at `$.data.severity`",
        ),
    ],
)
def test_a_complaint_names_the_words_that_may_stand_there_and_never_what_was_written(
    type_: type[msgspec.Struct], json: str, says: str
) -> None:
    with pytest.raises(msgspec.ValidationError) as error:
        msgspec.json.decode(json, type=type_)
    assert characters.complaint(error.value, type_).en == f"invalid value; allowed: {says}"


@pytest.mark.parametrize(
    ("type_", "json", "says"),
    [
        (CaseOpened, '{"topic": "visa", "chanel": "mail"}', "`chanel`; did you mean channel?"),
        (CredentialIssued, '{"scope": {"ministry": ["MSIT"]}}', "`ministry`; did you mean ministries? - at `$.scope`"),
        (
            WorkCalendarPublished,
            '{"weekly_open": [{"weekdy": 1}]}',
            "`weekdy`; did you mean weekday? - at `$.weekly_open[0]`",
        ),
        (CaseOpened, '{"qqqqqq": 1}', "`qqqqqq`"),
    ],
)
def test_a_complaint_about_a_field_that_is_none_names_the_nearest(type_: type, json: str, says: str) -> None:
    with pytest.raises(msgspec.ValidationError) as error:
        msgspec.json.decode(json, type=type_)
    assert characters.complaint(error.value, type_).en == f"Object contains unknown field {says}"


def test_a_complaint_about_an_unknown_type_says_no_word() -> None:
    with pytest.raises(msgspec.ValidationError) as error:
        msgspec.json.decode('{"reason":"김하나","entry":1}', type=EntryVoided)
    assert characters.complaint(error.value).en == "invalid value - at `$.reason`"


def test_a_text_has_no_more_marks_in_a_row_than_writing_needs() -> None:
    characters.check_marks(("e" + "\u0301" * characters.MOST_MARKS).encode())
    with pytest.raises(Refused) as refused:
        characters.check_marks(("e" + "\u0301" * (characters.MOST_MARKS + 1)).encode())
    assert refused.value.code == "text.marks"
