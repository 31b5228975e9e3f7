"""Acts of the house are judged in the record: beside each other, at the server's time, over any kind of place."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest

from domain.acts import check_events, review
from domain.acts.edition import EditionKey
from domain.acts.session import AgendaTabled, OpinionRecorded, SessionConvened
from domain.facts.project import ProjectProposed
from domain.period import HalfYear
from domain.record import Refused
from journal.store.admission import Admission
from journal.store.journal import Journal
from journal.store.submission import ComputedFrom, Receipt
from tests.journal.acts import EU, OPERATOR, SECRETARIAT, designate, post

HALF = HalfYear(2025, 1)
NOW = HALF.ends_at + timedelta(days=30)
OPENED = check_events.CheckOpened(period="2025S1", due_on=date(2025, 7, 31), hubs=("EU",), indicators={"HD-01": 1})


class Record:
    def __init__(self, journal):
        self.admission = Admission(journal)
        self.journal = journal
        self.count = 0

    def do(self, stream, fact, by=SECRETARIAT, id="", computed="now"):
        self.count += 1
        submission = post(stream, fact, by=by, id=id or str(self.count), at=None, source="house")
        submission.computed = self.computed() if computed == "now" else computed
        return self.admission.record([submission], NOW + timedelta(minutes=self.count))[0]

    def computed(self):
        """The word of who computes figures, as of now."""
        return ComputedFrom("check:2025S1", len(self.journal.stream("check:2025S1")))

    def all(self, *acts):
        for stream, fact in acts:
            outcome = self.do(stream, fact)
            assert isinstance(outcome, Receipt), outcome


@pytest.fixture
def record(place):
    with Journal.at(place, write=True) as journal:
        it = Record(journal)
        it.admission.record([designate("EU")], NOW)
        yield it


def cutoff(record, ahead=0):
    return check_events.CutoffFixed(valid_cutoff=HALF.last_moment, position=record.journal.position + ahead)


def code(outcome):
    assert isinstance(outcome, Refused), outcome
    return outcome.code


def test_a_submission_waits_for_the_check_to_be_cut_off(record):
    made = review.SubmissionMade(figures_digest="ab" * 32)
    record.all(("check:2025S1", OPENED))
    assert code(record.do("review:2025S1-EU", made, EU)) == "review.check_phase"
    fixed = cutoff(record)
    record.all(("check:2025S1", fixed))
    assert code(record.do("review:2025S1-EU", made, EU)) == "review.other_cutoff"
    made = msgspec.structs.replace(made, cutoff=fixed.position)
    assert isinstance(record.do("review:2025S1-EU", made, EU), Receipt)


def test_an_act_about_figures_is_taken_only_with_the_word_of_who_computed_them(record):
    fixed = cutoff(record)
    record.all(("check:2025S1", OPENED), ("check:2025S1", fixed))
    made = review.SubmissionMade(figures_digest="ab" * 32, cutoff=fixed.position)
    assert code(record.do("review:2025S1-EU", made, EU, computed=None)) == "act.not_computed"
    before = record.computed()
    later = msgspec.structs.replace(fixed, valid_cutoff=HALF.last_moment - timedelta(days=1))
    record.all(("check:2025S1", later))
    assert code(record.do("review:2025S1-EU", made, EU, computed=before)) == "act.overtaken", "the cut-off moved"
    assert isinstance(record.do("review:2025S1-EU", made, EU), Receipt)


def test_the_rules_hold_after_a_restart_for_streams_that_the_group_does_not_touch(record):
    record.all(("check:2025S1", OPENED))
    record.admission = Admission(record.journal)
    made = review.SubmissionMade(figures_digest="ab" * 32)
    assert code(record.do("review:2025S1-EU", made, EU)) == "review.check_phase"


def test_acts_of_one_group_see_each_other(record):
    fixed = cutoff(record)
    made = review.SubmissionMade(figures_digest="ab" * 32, cutoff=fixed.position)
    acts = [
        post("check:2025S1", OPENED, by=SECRETARIAT, id="a", at=None),
        post("check:2025S1", fixed, by=SECRETARIAT, id="b", at=None),
        post("review:2025S1-EU", made, by=EU, id="c", at=None),
    ]
    acts[-1].computed = ComputedFrom("check:2025S1", 2)
    outcomes = record.admission.record(acts, NOW)
    assert all(isinstance(it, Receipt) for it in outcomes), outcomes


def test_a_cutoff_beyond_the_record_is_refused(record):
    record.all(("check:2025S1", OPENED))
    assert code(record.do("check:2025S1", cutoff(record, 1))) == "check.cutoff_in_future"


def test_a_hub_does_not_open_a_check_and_an_operator_only_proposes(record):
    assert code(record.do("check:2025S1", OPENED, EU)) == "authority.role"
    assert code(record.do("check:2025S1", OPENED, OPERATOR)) == "check.not_yours"


def test_publishing_twice_is_one_edition_and_an_opinion_after_it_is_refused(record):
    cut = cutoff(record)
    record.all(
        ("check:2025S1", OPENED),
        ("check:2025S1", cut),
        ("check:2025S1", check_events.CheckVerificationStarted()),
        ("check:2025S1", check_events.CheckVerificationCompleted()),
        ("session:1", SessionConvened(on=date(2025, 7, 30), seats=1, present=("m-1",))),
        ("session:1", AgendaTabled(item="1", kind="DELIBERATION", subject="check:2025S1")),
        ("check:2025S1", check_events.CheckTabled(session="1", item="1")),
        ("session:1", OpinionRecorded(item="1", text_ko="이견 없음")),
        ("check:2025S1", check_events.CheckOpinionReceived()),
        ("check:2025S1", check_events.CheckClosed(without=("EU",))),
    )
    edition = EditionKey(
        period="2025S1", valid_cutoff=HALF.last_moment, position=cut.position, checkpoint=None, calendars={}, slas={},
        fx={}, schemes={}, indicators={},
    )  # fmt: skip
    published = check_events.EditionPublished(key=edition, digest="ab" * 32)
    first = record.do("check:2025S1", published, id=edition.digest)
    again = record.do("check:2025S1", published, id=edition.digest)
    assert (again.position, again.duplicate) == (first.position, True)
    assert code(record.do("check:2025S1", published, id="another")) == "check.same_edition"
    assert code(record.do("session:1", OpinionRecorded(item="1", text_ko="이의"))) == "session.check_closed"


def test_a_term_that_its_list_does_not_have_is_refused_at_the_door(record):
    proposed = ProjectProposed(title_en="t", fields=("NST12/SHOES",))
    submission = post("project:1", proposed, id="x", at=NOW)
    assert code(record.admission.record([submission], NOW)[0]) == "vocabulary.unknown_field"
