"""What a centre is after what was said of it, and whom it may name."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from msgspec.structs import replace

from domain.facts.centre import (
    CentreActivityHeld,
    CentreAnswered,
    CentreClosed,
    CentreLinked,
    CentreRegistered,
    CentreRenamed,
)
from domain.facts.helpdesk import CaseMerged, CaseReferred
from domain.facts.hub import HubLinked
from domain.facts.partner import PartnerIdentityMerged
from domain.facts.project import FollowOnLinked
from domain.input_policy.links import check_links
from domain.input_policy.terms import check_terms
from domain.record import Refused
from domain.registry import EntryCorrected
from tests.domain.given import START, entry, given

DAY = date(2025, 3, 3)
KIC = CentreRegistered(name_ko="KIC 유럽", kind="INNOVATION_CENTRE", operator="NRF", country="DE", city="Berlin")
LINKED = CentreLinked(other="KIC-EU", kind="AGREEMENT", scope="AI", on=DAY)


def test_a_centre_is_registered_renamed_closed_and_registered_again():
    closed = given("centre", KIC, CentreRenamed(name_ko="새 이름", on=DAY), CentreClosed(on=DAY, reason="x"))
    assert (closed.state.status, closed.state.name_ko, closed.state.closed_on) == ("closed", "새 이름", DAY)
    again = closed.when(KIC)
    assert (again.status, again.name_ko, again.closed_on) == ("registered", "KIC 유럽", None)


def test_what_a_centre_answers_last_holds():
    declined = CentreAnswered(subject="project:1", accepts=False, on=DAY, reason="x")
    assert given("centre", declined).when(replace(declined, accepts=True)).answers["project:1"].accepts
    with pytest.raises(ValueError, match="says why"):
        CentreAnswered(subject="project:1", accepts=False, on=DAY)
    with pytest.raises(msgspec.ValidationError, match="subject"):
        msgspec.convert({"type": "centre.answered", "subject": "hub:1", "accepts": True, "on": DAY}, CentreAnswered)


@pytest.mark.parametrize(
    ("stream", "fact", "path"),
    [
        ("centre:KIC-EU", LINKED, "$.data.other"),
        ("centre:KIC-EU", replace(LINKED, other="centre:KIC-EU"), "$.data.other"),
        ("centre:kic-eu", LINKED, "$.data.other"),
        ("hub:EU", HubLinked(other_centre="EU", scope="x"), "$.data.other_centre"),
        ("hub:EU", HubLinked(other_centre="hub:eu", scope="x"), "$.data.other_centre"),
        ("project:1", FollowOnLinked(project="1"), "$.data.project"),
        ("project:1", FollowOnLinked(project="project:1"), "$.data.project"),
        ("case:1", CaseMerged(into="case:1"), "$.data.into"),
        ("partner:1", PartnerIdentityMerged(into="1"), "$.data.into"),
        (
            "centre:A",
            CentreActivityHeld(activity="1", kind="FORUM", title="t", on=DAY, others=("B", "A")),
            "$.data.others",
        ),
        (
            "centre:KIC-EU",
            EntryCorrected(entry=1, reason="CLERICAL", occurred_at=START, data=LINKED),
            "$.data.data.other",
        ),
    ],
)
def test_nothing_is_linked_with_itself(stream, fact, path):
    with pytest.raises(Refused) as refused:
        check_links(replace(entry(fact), stream=stream))
    assert (refused.value.code, refused.value.facts["path"]) == ("link.itself", path)
    check_links(replace(entry(fact), stream=f"{stream.partition(':')[0]}:ANOTHER"))


@pytest.mark.parametrize(
    ("fact", "path"),
    [
        (CaseReferred(body="EU"), "$.data.body"),
        (CaseReferred(body="centre:eu"), "$.data.body"),
        (
            EntryCorrected(entry=1, reason="CLERICAL", occurred_at=START, data=CaseReferred(body="EU")),
            "$.data.data.body",
        ),
    ],
)
def test_a_case_is_not_referred_to_the_hub_that_has_it(fact, path):
    with pytest.raises(Refused, match="names the hub that has the case") as refused:
        check_links(replace(entry(fact), stream="case:1"))
    assert (refused.value.code, refused.value.facts["path"]) == ("link.itself", path)
    check_links(replace(entry(fact), stream="case:1", hub="US"))


@pytest.mark.parametrize(
    ("fact", "near"),
    [(replace(KIC, kind="TRADE_OFFICES"), "TRADE_OFFICE"), (replace(LINKED, kind="AGREMENT"), "AGREEMENT")],
)
def test_kinds_are_those_of_their_lists(fact, near):
    with pytest.raises(Refused) as refused:
        check_terms(entry(fact))
    assert refused.value.code == "vocabulary.unknown_code"
    kinds = "kinds of centre" if fact.kind == "TRADE_OFFICES" else "kinds of link"
    assert str(refused.value) == f"kind is not one of the {kinds}; write one, such as {near}"
    check_terms(entry(replace(fact, kind=near)))
