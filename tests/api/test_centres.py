"""Centres of the register and how they work together: told by hubs of themselves and by the secretariat, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.api.door import Answer, Clock, Door, event

KOTRA = {
    "name_ko": "KOTRA 브뤼셀무역관", "name_en": "KOTRA Brussels", "kind": "TRADE_OFFICE", "operator": "KOTRA",
    "country": "BE", "city": "Brussels", "opened_on": "2010-01-04",
}  # fmt: skip
LINK = {"other": "AS-SIN", "kind": "AGREEMENT", "scope": "양자기술 공동연구", "on": "2026-05-04"}
S = "secretariat"


pytestmark = pytest.mark.usefixtures("clock")


def told(door: Door, type_: str, subject: str, data: Any, who: str, time: str = "2026-05-04T01:00:00Z") -> Answer:
    answer = door.post(event(type_, subject, f"{type_}-{subject}-{time}-{data}"[:200], data, time=time), who=who)
    assert answer.status == 201, answer.body
    return answer


def rows(door: Door, question: str, after: Answer, who: str = "auditor") -> list[dict[str, Any]]:
    joint = "&" if "?" in question else "?"
    found: list[dict[str, Any]] = door.get(
        f"/v1/{question}{joint}after={after.body['position']}", who=who
    ).body["rows"]  # fmt: skip
    return found


def link(door: Door, after: Answer, more: str = "") -> dict[str, Any]:
    (row,) = rows(door, f"views/links?{more}", after)
    return row


def irregular(door: Door, after: Answer, code: str) -> list[int]:
    return [it["position"] for it in rows(door, f"views/irregularities?where=code={code}", after)]


def together(door: Door, after: Answer) -> dict[str, float]:
    """NW-02 of the first half of 2026, by hub and in all."""
    by_hub = rows(door, "indicators/NW-02?period=2026S1&by=hub", after)
    (nation,) = rows(door, "indicators/NW-02?period=2026S1", after)
    return {it["hub"]: it["value"] for it in by_hub} | {"": nation["value"]}


def test_a_centre_is_registered_by_the_secretariat_and_a_hub_is_one_by_itself(door: Door, clock: Clock) -> None:
    told(door, "centre.registered", "centre:KOTRA-BRU", KOTRA, S)
    renamed = told(door, "centre.renamed", "centre:KOTRA-BRU", {"name_ko": "KOTRA 유럽", "on": "2026-05-05"}, S)
    closed = told(door, "centre.closed", "centre:KOTRA-BRU", {"on": "2026-06-10", "reason": "통합"}, S)
    hub, other, kotra = rows(door, "views/centres", closed)
    assert (hub["centre"], hub["kind"], hub["is_hub"], hub["hub_status"]) == ("AS-SIN", "HUB", True, "designated")
    assert (other["centre"], other["name_ko"], other["region"]) == ("EU-BRU", "브뤼셀 거점센터", "EUROPE")
    assert kotra == {
        "centre": "KOTRA-BRU", "stream": "centre:KOTRA-BRU", "status": "registered", "name_ko": "KOTRA 유럽",
        "name_en": None, "kind": "TRADE_OFFICE", "operator": "KOTRA", "country": "BE", "city": "Brussels",
        "region": "EUROPE", "opened_on": "2010-01-04", "renamed_on": "2026-05-05",
        "closed_on": None, "closed_for": None, "is_hub": False, "hub_status": None,
    }  # fmt: skip
    assert [it["type"] for it in rows(door, "views/planned", closed)] == ["centre.closed"]
    clock.now = datetime(2026, 6, 10, 3, tzinfo=UTC)
    void = {"entry": renamed.body["position"], "reason": "CLERICAL"}
    last = told(door, "entry.voided", "centre:KOTRA-BRU", void, S, "2026-06-10T01:00:00Z")
    (kotra,) = rows(door, "views/centres?where=centre=KOTRA-BRU", last)
    assert (kotra["status"], kotra["closed_on"], kotra["name_en"]) == ("closed", "2026-06-10", "KOTRA Brussels")
    state = door.get("/v1/streams/centre:KOTRA-BRU", who="auditor").body["state"]
    assert (state["status"], state["closed_on"], state["operator"]) == ("closed", "2026-06-10", "KOTRA")


def test_a_link_is_told_by_one_side_confirmed_by_the_other_and_ended_by_either(door: Door) -> None:
    first = told(door, "centre.linked", "centre:EU-BRU", LINK, "EU-BRU")
    it = link(door, first)
    assert (it["centre"], it["other"], it["kind"], it["scope"]) == ("EU-BRU", "AS-SIN", "AGREEMENT", LINK["scope"])
    assert (it["status"], it["since"], it["told_by"]) == ("told", "2026-05-04", ["EU-BRU"])
    yes = told(door, "centre.link_confirmed", "centre:AS-SIN", {"other": "EU-BRU", "on": "2026-05-06"}, "AS-SIN")
    it = link(door, yes)
    assert (it["status"], it["told_by"]) == ("confirmed", ["AS-SIN", "EU-BRU"])
    assert link(door, yes, "valid=2026-05-05")["status"] == "told", "a late fact changes nothing of before"
    data = {"entry": first.body["position"], "reason": "CLERICAL", "data": LINK | {"scope": "AI", "on": "2026-05-01"}}
    mended = told(door, "entry.corrected", "centre:EU-BRU", data, "EU-BRU")
    assert (link(door, mended)["scope"], link(door, mended)["since"]) == ("AI", "2026-05-01")
    end = {"other": "EU-BRU", "on": "2026-05-20", "reason": "기간 만료"}
    ended = told(door, "centre.unlinked", "centre:AS-SIN", end, "AS-SIN")
    it = link(door, ended)
    assert (it["status"], it["ended_on"], it["reason"], it["told_by"]) == ("ended", "2026-05-20", "기간 만료", None)
    assert rows(door, "views/network", ended) == []
    again = told(door, "centre.linked", "centre:EU-BRU", LINK | {"on": "2026-05-25"}, "EU-BRU")
    assert link(door, again)["status"] == "told", "what was confirmed before the end counts no more"


def test_a_planned_link_begins_by_itself_and_one_that_was_declined_is_none(door: Door, clock: Clock) -> None:
    planned = told(door, "centre.linked", "centre:EU-BRU", LINK | {"on": "2026-06-10"}, S, "2026-06-01T01:00:00Z")
    assert rows(door, "views/links", planned) == []
    assert rows(door, "views/links?valid=2026-06-11", planned)[0]["status"] == "told"
    clock.now = datetime(2026, 6, 10, 3, tzinfo=UTC)
    assert link(door, planned)["status"] == "told"
    no = {"other": "EU-BRU", "on": "2026-06-10", "reason": "협의한 바 없음"}
    declined = told(door, "centre.link_declined", "centre:AS-SIN", no, "AS-SIN", "2026-06-10T01:00:00Z")
    assert (link(door, declined)["status"], link(door, declined)["reason"]) == ("declined", "협의한 바 없음")


def test_a_link_of_before_is_read_beside_the_new_ones(door: Door) -> None:
    old = told(door, "hub.linked", "hub:EU-BRU", {"other_centre": "AS-SIN", "scope": "반도체"}, S)
    it = link(door, old)
    assert (it["centre"], it["other"], it["kind"], it["scope"], it["status"]) == (
        "EU-BRU", "AS-SIN", None, "반도체", "told",
    )  # fmt: skip
    confirmed = told(door, "centre.link_confirmed", "centre:AS-SIN", {"other": "EU-BRU", "on": "2026-05-06"}, "AS-SIN")
    assert link(door, confirmed)["status"] == "confirmed"
    (edge,) = rows(door, "views/network", confirmed)
    assert (edge["links"], edge["confirmed_links"], edge["weight"]) == (1, 1, 1)


def test_what_centres_do_together_is_an_edge_and_a_figure_until_it_is_declined(door: Door) -> None:
    told(door, "centre.registered", "centre:KOTRA-BRU", KOTRA, S)
    forum = {
        "activity": "KEIF-2026", "kind": "FORUM", "title": "한-EU 연구혁신 포럼", "on": "2026-05-07",
        "others": ["AS-SIN", "KOTRA-BRU"],
    }  # fmt: skip
    held = told(door, "centre.activity_held", "centre:EU-BRU", forum, "EU-BRU", "2026-05-07T01:00:00Z")
    assert together(door, held) == {"AS-SIN": 2, "EU-BRU": 2, "": 3}
    told(door, "case.opened", "case:EU-1", {"topic": "visa"}, "EU-BRU")
    told(door, "case.referred", "case:EU-1", {"body": "AS-SIN"}, "EU-BRU")
    told(door, "project.credit_shared", "project:1", {"shares": {"EU-BRU": "0.5", "AS-SIN": "0.5"}}, "EU-BRU")
    last = told(door, "project.launched", "project:1", {"on": "2026-05-04"}, "EU-BRU")
    edges = {(it["centre"], it["other"]): it for it in rows(door, "views/network", last)}
    pair = edges["AS-SIN", "EU-BRU"]
    assert (pair["activities"], pair["referrals"], pair["projects"], pair["weight"]) == (1, 1, 1, 3)
    nodes = {
        it["centre"]: (it["neighbours"], it["weight"], it["is_hub"]) for it in rows(door, "views/network_nodes", last)
    }
    assert nodes == {"AS-SIN": (2, 4, True), "EU-BRU": (2, 4, True), "KOTRA-BRU": (2, 2, False)}

    void = {"entry": held.body["position"], "reason": "DUPLICATE"}
    voided = told(door, "entry.voided", "centre:EU-BRU", void, "EU-BRU")
    assert together(door, voided) == {"AS-SIN": 1, "EU-BRU": 1, "": 1}
    no = {"accepts": False, "on": "2026-05-08", "reason": "참여하지 않음"}
    told(door, "centre.answered", "centre:AS-SIN", no | {"subject": "project:1"}, "AS-SIN")
    both = told(door, "centre.answered", "centre:AS-SIN", no | {"subject": "case:EU-1"}, "AS-SIN")
    assert rows(door, "views/network", both) == []
    assert rows(door, "indicators/NW-02?period=2026S1&by=hub", both) == []
    assert (
        len(irregular(door, both, "project.credit_declined"))
        == len(irregular(door, both, "case.referral_declined"))
        == 1
    )
    answers = {it["subject"]: (it["accepts"], it["reason"]) for it in rows(door, "views/centre_answers", both)}
    assert answers == dict.fromkeys(("project:1", "case:EU-1"), (False, "참여하지 않음"))
    yes = {"subject": "case:EU-1", "accepts": True, "on": "2026-05-09"}
    changed = told(door, "centre.answered", "centre:AS-SIN", yes, "AS-SIN", "2026-05-09T01:00:00Z")
    assert irregular(door, changed, "case.referral_declined") == []
    assert together(door, changed) == {"AS-SIN": 1, "EU-BRU": 1, "": 1}


def test_a_name_that_nobody_registered_makes_no_pair_until_somebody_does(door: Door) -> None:
    activity = {
        "activity": "A",
        "kind": "FORUM",
        "title": "포럼",
        "on": "2026-05-07",
        "others": ["KOTRA-BRU"],
    }
    itself = event("centre.activity_held", "centre:AS-SIN", "itself", activity | {"others": ["KOTRA-BRU", "as-sin"]})
    assert door.post(itself, who="AS-SIN").body["code"] == "link.itself", "in whatever letters"
    held = told(door, "centre.activity_held", "centre:AS-SIN", activity, "AS-SIN", "2026-05-07T01:00:00Z")
    told(door, "project.credit_shared", "project:1", {"shares": {"AS-SIN": "0.5", "XX-NONE": "0.5"}}, "AS-SIN")
    last = told(door, "project.launched", "project:1", {"on": "2026-05-04"}, "AS-SIN")
    assert rows(door, "indicators/NW-02?period=2026S1&by=hub", last) == []
    assert held.body["position"] in irregular(door, last, "centre.linked_unregistered")
    shown = {it["centre"]: it["registered"] for it in rows(door, "views/network_nodes", last)}
    assert shown == {"AS-SIN": True, "EU-BRU": True, "KOTRA-BRU": False, "XX-NONE": False}
    registered = told(door, "centre.registered", "centre:KOTRA-BRU", KOTRA, S)
    assert together(door, registered) == {"AS-SIN": 1, "": 1}


def test_a_centre_that_nobody_registered_is_irregular_until_somebody_does(door: Door) -> None:
    first = told(door, "centre.linked", "centre:EU-BRU", LINK | {"other": "KOTRA-BRU"}, "EU-BRU")
    assert irregular(door, first, "centre.linked_unregistered") == [first.body["position"]]
    late = told(door, "centre.registered", "centre:KOTRA-BRU", KOTRA, S)
    assert irregular(door, late, "centre.linked_unregistered") == []
    other = told(door, "centre.link_confirmed", "centre:KOTRA-BRU", {"other": "EU-BRU", "on": "2026-05-04"}, S)
    assert link(door, other)["status"] == "confirmed"


@pytest.mark.parametrize(
    ("who", "subject", "status", "code"),
    [
        ("EU-BRU", "centre:AS-SIN", 403, "authority.not_yours"),
        ("EU-BRU", "centre:KOTRA-BRU", 403, "authority.not_yours"),
        ("analyst", "centre:EU-BRU", 403, "authority.role"),
        ("secretariat", "centre:AS-SIN", 422, "link.itself"),
        ("AS-SIN", "centre:AS-SIN", 422, "link.itself"),
        ("secretariat", "centre:as-sin", 422, "link.itself"),
    ],
)
def test_a_hub_speaks_for_itself_alone_and_nobody_is_linked_with_itself(
    door: Door, who: str, subject: str, status: int, code: str
) -> None:
    answer = door.post(event("centre.linked", subject, "x", LINK, time="2026-05-04T01:00:00Z"), who=who)
    assert (answer.status, answer.body["code"]) == (status, code), answer.body


def test_what_is_said_of_a_centre_that_is_no_hub_is_no_hubs(door: Door) -> None:
    said = told(door, "centre.registered", "centre:KOTRA-BRU", KOTRA, S)
    own = told(door, "centre.linked", "centre:EU-BRU", LINK, S)
    hubs = {it["stream"]: it["hub"] for it in rows(door, "views/effective?where=type=centre.linked", own)}
    assert hubs == {"centre:EU-BRU": "EU-BRU"}
    assert rows(door, "views/effective?where=type=centre.registered", said)[0]["hub"] == ""
