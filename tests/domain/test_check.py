"""A half-year check from opening to a restated edition, and what it does not take."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from msgspec.structs import replace

from domain import registry
from domain.acts.check_events import (
    CheckClosed,
    CheckOpened,
    CheckOpinionReceived,
    CheckTabled,
    CheckVerificationCompleted,
    CheckVerificationStarted,
    CheckWithdrawn,
    CutoffFixed,
    EditionPublished,
    EditionRestated,
    EditionWithdrawn,
    RestatementApproved,
    RestatementProposed,
    RestatementRejected,
)
from domain.acts.edition import EditionKey
from domain.acts.review import Review
from domain.acts.session import Session
from domain.period import SEOUL, HalfYear
from tests.domain.given import START, refusal
from tests.domain.given import given as given_any

SEC, OTHER, MACHINE = ("s-1", "secretariat"), ("s-2", "secretariat"), ("c-sagwan", "operator")
CUT = START - timedelta(days=1)
opened = CheckOpened(period="2025S1", due_on=date(2025, 5, 30), hubs=("EU", "US"), indicators={"HD-01": 1})
cutoff = CutoffFixed(valid_cutoff=CUT, position=90)
tabled = CheckTabled(session="2025-1", item="1")
closed = CheckClosed(without=("US",))
COURSE = (
    opened,
    cutoff,
    CheckVerificationStarted(),
    CheckVerificationCompleted(),
    tabled,
    CheckOpinionReceived(),
    closed,
)
STATUS = ("OPEN", "SUBMISSION", "VERIFICATION", "FINDINGS", "COMMITTEE", "CORRECTIVE", "CLOSED")
BESIDE = {
    "session:2025-1": Session(status="convened", items={"1": "DELIBERATION"}, opinions=frozenset({"1"})),
    "review:2025S1-EU": Review(status="verified"),
}


def key(position=90, valid_cutoff=CUT, **more):
    versions = {"calendars": {"BE": 1}, "slas": {}, "fx": {}, "schemes": {"NST12": "2022"}, "indicators": {"HD-01": 1}}
    it = {"period": "2025S1", "valid_cutoff": valid_cutoff, "position": position, "checkpoint": None}
    return EditionKey(**it | versions | more)


published = EditionPublished(key=key(), digest="ab" * 32)
proposed = RestatementProposed(edition=1, reason="late spending", indicators=("JR-04",))


def given(*facts, position=100, beside=BESIDE):
    acts = [it if isinstance(it, tuple) else (it, *SEC) for it in facts]
    return given_any("check", *acts, stream="check:2025S1", position=position, beside=beside)


def when(it, fact, who=SEC, **more):
    return it.when(fact, actor=who[0], role=who[1], **more)


def refused(it, fact, who=SEC, **more):
    return refusal(it, fact, actor=who[0], role=who[1], **more)


def test_a_check_goes_through_its_phases_one_after_the_other():
    for n, fact in enumerate(COURSE):
        assert when(given(*COURSE[:n]), fact).status == STATUS[n]


def test_phases_only_go_forward():
    for n in range(len(COURSE)):
        for m, fact in enumerate(COURSE):
            if m != n and (n, m) not in [(2, 1), (5, 4)]:
                out = refused(given(*COURSE[:n]), fact)
                assert (out.code, out.facts["status"]) == ("check.out_of_turn", ("none", *STATUS)[n]), (n, m)


def test_a_check_is_of_hubs_that_were_designated():
    for hubs in [("EU", "EU BRU"), ("EU", "E" * 113)]:
        unknown = refused(given(), replace(opened, hubs=hubs))
        assert (unknown.code, unknown.facts) == ("check.unknown_hub", {"unknown": [hubs[1]], "twice": []})
    twice = refused(given(), replace(opened, hubs=("EU", "US", "EU")))
    assert (twice.code, twice.facts) == ("check.unknown_hub", {"unknown": [], "twice": ["EU"]})


WITHDRAWN = CheckWithdrawn(reason="opened for a hub that there is not")


def test_a_check_is_withdrawn_before_it_is_published_and_opened_again():
    fresh = {"session:2025-1": BESIDE["session:2025-1"]}
    for n in range(1, 7):
        withdrawn = given(*COURSE[:n], WITHDRAWN, beside=fresh)
        assert withdrawn.state == replace(given().state, status="WITHDRAWN", period="2025S1")
        again = when(withdrawn, replace(opened, hubs=("EU",)))
        assert again == when(given(), replace(opened, hubs=("EU",)))
    for course in [(), (*COURSE, published)]:
        assert refused(given(*course), WITHDRAWN).code == "check.out_of_turn"


def test_a_check_is_not_withdrawn_while_what_a_hub_handed_in_stands():
    standing = refused(given(opened), WITHDRAWN)
    assert (standing.code, standing.facts) == ("check.handed_in", {"hubs": ["EU"]})
    returned = given(opened, beside={"review:2025S1-EU": Review(status="returned")})
    assert when(returned, WITHDRAWN).status == "WITHDRAWN"


def test_a_check_of_an_older_record_with_a_hub_that_no_stream_can_name_is_withdrawn_or_closed_without_it():
    it = given()
    it.state = replace(when(it, opened), hubs=("EU BRU",))
    it.house.state = unnamed
    assert when(it, WITHDRAWN).status == "WITHDRAWN"
    it.state = replace(it.state, status="CORRECTIVE")
    assert refused(it, CheckClosed()).facts == {"hubs": ["EU BRU"]}
    assert when(it, CheckClosed(without=("EU BRU",))).status == "CLOSED"


def unnamed(stream):
    registry.kind_of(stream)
    return BESIDE.get(stream, registry.KINDS[stream.partition(":")[0]].initial)


def test_an_item_that_is_put_off_is_tabled_in_another_session():
    other = Session(status="convened", items={"7": "DELIBERATION"}, opinions=frozenset({"7"}))
    sealed = Session(status="sealed", items={"1": "DELIBERATION"})
    beside = BESIDE | {"session:2025-2": other, "session:2025-0": sealed}
    before = given(*COURSE[:4], tabled, beside=beside)
    put_off = when(before, CheckTabled(session="2025-2", item="7"))
    assert (put_off.status, put_off.session, put_off.item) == ("COMMITTEE", "2025-2", "7")
    ended = refused(before, CheckTabled(session="2025-0", item="1"))
    assert (ended.code, ended.facts) == ("check.session_sealed", {"session": "2025-0", "item": "1"})


def test_the_stream_is_named_after_the_half_year():
    wrong = refused(given(), replace(opened, period="2024S2"))
    assert (wrong.code, wrong.facts) == ("check.wrong_period", {"stream": "check:2025S1", "period": "2024S2"})


def test_a_cutoff_in_the_future_is_refused_in_either_time():
    now = START + timedelta(hours=1)
    later = refused(given(opened), replace(cutoff, valid_cutoff=now + timedelta(seconds=1)))
    assert (later.code, later.facts["now"]) == ("check.cutoff_in_future", now)
    ahead = refused(given(opened, position=89), cutoff)
    assert (ahead.code, ahead.facts) == ("check.cutoff_in_future", {"position": 90, "recorded": 89})


def test_a_cutoff_is_told_in_utc():
    for wrong in (CUT.replace(tzinfo=None), CUT.astimezone(SEOUL)):
        with pytest.raises(ValueError, match="in UTC"):
            CutoffFixed(valid_cutoff=wrong, position=1)
        with pytest.raises(ValueError, match="in UTC"):
            key(valid_cutoff=wrong)


def test_a_cutoff_lies_in_its_half_year():
    before = HalfYear.parse("2025S1").starts_at - timedelta(microseconds=1)
    outside = refused(given(opened), replace(cutoff, valid_cutoff=before))
    assert (outside.code, outside.facts["starts_at"]) == ("check.cutoff_outside", HalfYear.parse("2025S1").starts_at)


def test_a_dispute_settled_by_a_correction_moves_the_cutoff_on_until_verification():
    moved = when(given(opened, cutoff), replace(cutoff, position=95))
    assert moved.position == 95
    back = refused(given(opened, cutoff), replace(cutoff, position=80))
    assert (back.code, back.facts) == ("check.cutoff_backwards", {"position": 80, "before": 90})
    assert refused(given(*COURSE[:3]), replace(cutoff, position=95)).code == "check.out_of_turn"


def test_a_check_is_tabled_where_it_is_on_the_agenda():
    off = refused(given(*COURSE[:4], beside={}), tabled)
    assert (off.code, off.facts) == ("check.not_on_the_agenda", {"session": "2025-1", "item": "1"})


def test_an_opinion_is_received_once_it_is_recorded():
    silent = {"session:2025-1": Session(status="convened", items={"1": "DELIBERATION"})}
    none = refused(given(*COURSE[:5], beside=silent), CheckOpinionReceived())
    assert (none.code, none.facts) == ("check.no_opinion", {"session": "2025-1", "item": "1"})


@pytest.mark.parametrize("without", [(), ("EU", "US")])
def test_a_check_is_closed_without_the_hubs_that_it_names(without):
    open_ = refused(given(*COURSE[:6]), CheckClosed(without=without))
    assert (open_.code, open_.facts) == ("check.reviews_open", {"hubs": ["US"]})


def test_the_first_edition_is_of_the_cutoff():
    edition = when(given(*COURSE), published)
    assert (edition.status, [it.number for it in edition.editions]) == ("PUBLISHED", [1])
    assert edition.editions[0].provisional
    other = refused(given(*COURSE), EditionPublished(key=key(position=91), digest="ab" * 32))
    assert (other.code, other.facts) == ("check.other_cutoff", {"valid_cutoff": CUT, "position": 90})


def test_publishing_twice_is_the_same_edition():
    again = refused(given(*COURSE, published), published)
    assert (again.code, again.facts) == ("check.same_edition", {"edition": 1, "digest": "ab" * 32})
    other = refused(given(*COURSE, published), replace(published, digest="cd" * 32))
    assert (other.code, other.facts["published"]) == ("check.figures_differ", "ab" * 32)
    next_ = refused(given(*COURSE, published), replace(published, key=key(position=91)))
    assert (next_.code, next_.facts) == ("check.published", {"editions": 1})


def restated(number=2, **more):
    return EditionRestated(edition=number, key=key(**{"position": 95} | more), digest="cd" * 32)


def test_a_restatement_is_proposed_approved_by_another_and_published():
    approved = given(*COURSE, published, (proposed, *MACHINE), RestatementApproved())
    after = when(approved, restated())
    assert (after.status, [it.number for it in after.editions], after.position) == ("RESTATED", [1, 2], 95)
    assert (after.proposed_by, after.approved) == (None, False)


def test_a_restatement_counts_more_than_the_edition_before():
    approved = given(*COURSE, published, (proposed, *MACHINE), RestatementApproved())
    again = refusal(approved, EditionRestated(edition=2, key=key(supersedes="ef" * 32), digest="cd" * 32))
    assert (again.code, again.facts) == ("check.same_edition", {"edition": 1, "digest": "ab" * 32})


def test_who_proposed_does_not_approve():
    waiting = given(*COURSE, published, proposed)
    for fact in (RestatementApproved(), RestatementRejected(reason="small")):
        alone = refused(waiting, fact)
        assert (alone.code, alone.facts) == ("check.self_approved", {"actor": "s-1"})
    assert when(waiting, RestatementRejected(reason="small"), OTHER).proposed_by is None


def test_a_restatement_waits_for_its_approval():
    assert refused(given(*COURSE, published), restated()).code == "check.not_approved"
    assert refused(given(*COURSE, published), RestatementApproved()).code == "check.no_proposal"
    twice = refused(given(*COURSE, published, proposed), proposed)
    assert (twice.code, twice.facts) == ("check.proposal_pending", {"by": "s-1"})


def test_a_restatement_is_of_the_current_edition_and_makes_the_next():
    stale = refused(given(*COURSE, published), replace(proposed, edition=2))
    assert (stale.code, stale.facts) == ("check.wrong_edition", {"edition": 2, "expected": 1})
    approved = given(*COURSE, published, proposed, (RestatementApproved(), *OTHER))
    assert refused(approved, restated(3)).facts == {"edition": 3, "expected": 2}
    assert refused(approved, restated(period="2024S2")).code == "check.wrong_period"
    assert refused(approved, restated(position=101)).code == "check.cutoff_in_future"
    assert refused(approved, restated(position=80)).code == "check.cutoff_backwards"
    assert refused(approved, restated(position=90)).code == "check.figures_differ"


def test_an_operator_proposes_and_nothing_else():
    alone = refused(given(), opened, MACHINE)
    assert (alone.code, alone.facts) == ("check.not_yours", {"role": "operator"})


def test_the_same_key_has_the_same_digest_and_any_other_another():
    assert key().digest == key().digest
    others = [key(position=91), key(calendars={"BE": 2}), key(valid_cutoff=CUT + timedelta(microseconds=1))]
    assert len({it.digest for it in [key(), *others]}) == 4


def test_an_edition_is_final_when_it_is_cut_at_the_last_moment():
    last = HalfYear.parse("2025S1").last_moment
    assert isinstance(last, datetime)
    assert (key(valid_cutoff=last).provisional, key().provisional) == (False, True)


COURSE_OUT = (*COURSE, published)
RESTATED = (
    *COURSE_OUT,
    (proposed, *MACHINE),
    (RestatementApproved(), *OTHER),
    EditionRestated(edition=2, key=key(position=95), digest="cd" * 32),
)


def test_the_current_edition_is_withdrawn_by_another_and_the_one_before_is_current_again():
    out = when(given(*RESTATED), EditionWithdrawn(edition=2, reason="made up"), OTHER)
    assert (out.status, out.current.number, out.position, out.valid_cutoff) == ("RESTATED", 1, 90, CUT)
    assert [it.withdrawn for it in out.editions] == [False, True]
    assert refused(given(*RESTATED), EditionWithdrawn(edition=2, reason="x")).code == "check.self_withdrawn"
    wrong = refused(given(*RESTATED), EditionWithdrawn(edition=1, reason="x"), OTHER)
    assert (wrong.code, wrong.facts) == ("check.wrong_edition", {"edition": 1, "expected": 2})


def test_after_a_withdrawal_the_next_edition_is_a_restatement_also_under_the_same_key():
    gone = (*RESTATED, (EditionWithdrawn(edition=2, reason="made up"), *OTHER))
    again = (*gone, (proposed, *MACHINE), (RestatementApproved(), *OTHER))
    third = EditionRestated(edition=3, key=key(position=95), digest="ef" * 32)
    assert when(given(*again), third).current.number == 3
    assert refused(given(*gone), third).code == "check.not_approved", "an approval goes with the edition"


def test_when_every_edition_is_withdrawn_the_next_one_is_still_a_restatement():
    none = (*COURSE_OUT, (EditionWithdrawn(edition=1, reason="x"), *OTHER))
    assert given(*none).state.current is None
    assert refused(given(*none), EditionWithdrawn(edition=1, reason="x"), OTHER).code == "check.nothing_to_withdraw"
    again = given(*none, (proposed, *MACHINE), (RestatementApproved(), *OTHER))
    assert when(again, EditionRestated(edition=2, key=key(), digest="ef" * 32)).current.number == 2
