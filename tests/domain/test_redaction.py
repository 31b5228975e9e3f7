"""What is left of an entry, and the digest that the log has of it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.acts.review import SubmissionReturned
from domain.facts.helpdesk import CaseReopened
from domain.facts.project import ProjectProposed
from domain.record import Refused
from domain.redaction import REDACTED, SAID, digest_of, redact, sha256, without_fields
from domain.registry import TYPES, entries
from tests.domain.given import entry

END = ',"redacted":{"digest":"' + "ab" * 32 + '"}}'


@given(st.text(max_size=50) | st.sampled_from([END, END + "}", '"' + END, "x" + END]))
def test_the_log_has_the_digest_of_what_was_recorded_whatever_the_text(why):
    stored = msgspec.json.encode(entry(CaseReopened(why=why or "x")))
    assert digest_of(stored) == sha256(stored)
    left = redact(stored, ["why"])
    assert digest_of(left) == sha256(stored)
    assert redact(left, ["why"]) == left
    fact = entries.decode(left).fact
    assert isinstance(fact, CaseReopened)
    assert fact.why == REDACTED


def test_a_project_keeps_the_place_of_its_last_title():
    both = ProjectProposed(title_ko="가", title_en="a")
    assert without_fields(both, ["title_en"]) == ProjectProposed(title_ko="가")
    assert without_fields(both, ["title_en", "title_ko"]) == ProjectProposed(title_ko=REDACTED)


def test_every_point_of_a_list_goes():
    returned = SubmissionReturned(points=("one", "two"))
    assert without_fields(returned, ["points"]) == SubmissionReturned(points=(REDACTED, REDACTED))


def test_what_only_says_something_is_a_field_that_there_is():
    fields = {field.name for type_ in TYPES.values() for field in msgspec.structs.fields(type_)}
    assert fields >= SAID


def test_a_field_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(Refused) as refusal:
        without_fields(CaseReopened(why="x"), ["wherefore"])
    assert refusal.value.facts == {"field": "wherefore", "fields": ["why"], "type": "case.reopened"}
