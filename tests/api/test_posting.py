"""What a hub gets for what it posts: the good, the bad, and nothing lost."""

from __future__ import annotations

import pytest

from tests.api.door import BATCH, DESIGNATION, Door, event, opened


def code(answer) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.body["status"] == answer.status
    assert answer.body["detail"]
    return answer.status, answer.body["code"]


def test_an_event_is_recorded_and_the_hub_reads_its_own_write(door):
    answer = door.post(opened("case:1", "1"))
    assert answer.status == 201
    position = answer.body["position"]
    assert answer.headers["Location"] == f"/v1/events/{position}"
    stream = door.get(f"/v1/streams/case:1?after={position}")
    assert stream.body["state"]["status"] == "open"
    assert stream.headers["ETag"].startswith('W/"1-')
    stored = door.get(f"/v1/events/{position}").body["entry"]
    assert (stored["occurred_at"], stored["zone"], stored["hub"]) == ("2025-03-03T09:00:00Z", "+01:00", "EU-BRU")


def test_the_same_event_again_gets_the_first_answer(door):
    first, again = door.post(opened("case:1", "1")), door.post(opened("case:1", "1"))
    assert (again.status, again.body["status"]) == (200, "duplicate")
    assert again.body["position"] == first.body["position"]


def test_the_same_id_with_another_content_is_refused(door):
    door.post(opened("case:1", "1"))
    assert code(door.post(opened("case:1", "1", topic="tax"))) == (422, "identity.reused")


BAD = {
    "not JSON": (b"{topic", 400, "body.not_json", None),
    "not UTF-8": (b'{"specversion":"1.0","id":"\xff"}', 400, "body.not_json", None),
    "not an object": (b"[]", 400, "event.invalid", "$"),
    "no id": (event("case.opened", "case:1", "1", {"topic": "a"}, id=None), 400, "event.invalid", "$"),
    "an empty id": (opened("case:1", ""), 400, "event.invalid", "$.id"),
    "no subject": (opened("case:1", "1", subject=None), 400, "event.invalid", "$.subject"),
    "a malformed subject": (opened("case 1", "1"), 422, "stream.malformed", None),
    "another kind of stream": (opened("project:1", "1"), 422, "stream.wrong_kind", None),
    "a type nobody knows": (event("case.opend", "case:1", "1"), 422, "event.unknown_type", "$.type"),
    "a missing field": (event("case.opened", "case:1", "1", {}), 400, "event.invalid", "$.data"),
    "a field too many": (
        event("case.opened", "case:1", "1", {"topic": "a", "tpic": 1}),
        400,
        "event.invalid",
        "$.data",
    ),
    "a wrong field": (event("case.opened", "case:1", "1", {"topic": 7}), 400, "event.invalid", "$.data.topic"),
    "a fact wrong in itself": (
        event("case.satisfaction_rated", "case:1", "1", {"score": 9}),
        400,
        "event.invalid",
        "$.data",
    ),
    "a nested fact wrong in itself": (
        event("project.funding_spent", "project:1", "1", {"money": {"amount": "1", "currency": "XXL"}, "funder": "KR"}),
        400,
        "event.invalid",
        "$.data.money",
    ),
    "no time": (opened("case:1", "1", time=None), 400, "event.invalid", "$.time"),
    "a time without zone": (opened("case:1", "1", time="2025-03-03T10:00:00"), 400, "event.invalid", "$.time"),
    "a time in the future": (opened("case:1", "1", time="2999-01-01T00:00:00Z"), 422, "time.future", None),
    "a zone that is none": (opened("case:1", "1", zone="Mars/Olympus"), 400, "event.invalid", "$.zone"),
    "evidence that is no digest": (opened("case:1", "1", evidence="abc"), 400, "event.invalid", "$.evidence"),
    "over 60 KiB": (
        event("case.resolved", "case:1", "1", {"resolution": "x" * 3999, "type": "case.resolved"}, source="s" * 600),
        400,
        "event.invalid",
        "$.source",
    ),
    "a correction of nothing": (
        event("entry.corrected", "case:1", "1", {"entry": 999, "reason": "CLERICAL", "data": {}}),
        422,
        "entry.unknown",
        None,
    ),
}


@pytest.fixture(scope="module")
def steady(tmp_path_factory):
    it = Door(tmp_path_factory.mktemp("steady"))
    yield it
    it.close()


@pytest.mark.parametrize("what", BAD)
def test_bad_input_gets_a_clear_answer_and_nothing_is_recorded(steady, what):
    body, status, expected, path = BAD[what]
    before = steady.get("/readyz").body["position"]
    answer = steady.post(body)
    assert code(answer) == (status, expected)
    if path is not None:
        assert answer.body["facts"]["path"] == path
    assert steady.get("/readyz").body["position"] == before


def test_an_unknown_type_names_those_that_are_near(steady):
    assert "case.opened" in steady.post(BAD["a type nobody knows"][0]).body["facts"]["did_you_mean"]


def test_an_event_over_sixty_kibibytes_is_refused(steady):
    partners = {"title_en": "x", "partners": ["p" * 200] * 400}
    answer = steady.post(event("project.proposed", "project:1", "1", partners))
    assert code(answer) == (413, "event.too_large")


def test_a_body_over_the_limit_is_refused(steady, monkeypatch):
    answer = steady.post(b"[" + b" " * (33 * 1024 * 1024) + b"]", type_=BATCH)
    assert code(answer) == (413, "body.too_large")


def test_another_content_type_is_refused(steady):
    assert code(steady.post(opened("case:1", "1"), type_="text/plain")) == (415, "event.content_type")


@pytest.mark.parametrize("token", [None, "nonsense"])
def test_without_a_live_token_nothing_opens(steady, token):
    for method, path in (("POST", "/v1/events"), ("GET", "/v1/events"), ("GET", "/v1/views/cases")):
        answer = steady.ask(method, path, opened("case:1", "1") if method == "POST" else None, who=token)
        assert code(answer) == (401, "token.invalid")


def test_a_revoked_token_opens_nothing(door):
    issued = door.ask("POST", "/v1/tokens", {"role": "analyst"}, who="operator").body
    assert door.get("/v1/views", who=issued["token"]).status == 200
    assert door.ask("DELETE", f"/v1/tokens/{issued['id']}", None, who="operator").status == 204
    assert code(door.get("/v1/views", who=issued["token"])) == (401, "token.invalid")
    listed = {it["id"]: it["status"] for it in door.get("/v1/tokens", who="operator").body["tokens"]}
    assert listed[issued["id"]] == "revoked"


def test_roles_do_what_is_theirs(steady):
    assert code(steady.post(opened("case:1", "1"), who="analyst")) == (403, "authority.role")
    assert code(steady.ask("POST", "/v1/tokens", {"role": "hub", "hub": "X"}, who="analyst")) == (403, "authority.role")
    assert code(steady.ask("POST", "/v1/tokens", {"role": "hub"}, who="operator")) == (400, "token.wish")


def test_another_hubs_stream_is_not_written(steady):
    steady.post(opened("case:mine", "mine"))
    theirs = event("case.closed", "case:mine", "theirs")
    assert code(steady.post(theirs, who="AS-SIN")) == (403, "authority.not_yours")


def test_a_hub_nobody_designated_is_unknown(steady):
    wish = {"role": "hub", "hub": "XX"}
    token = steady.ask("POST", "/v1/tokens", wish, who="operator").body["token"]
    assert code(steady.post(opened("case:x", "x"), who=token)) == (403, "hub.unknown")


def test_a_batch_answers_per_event_and_keeps_the_good(door):
    door.post(opened("case:1", "1"))
    batch = [
        opened("case:1", "1"),
        opened("case:2", "2"),
        event("case.opened", "case:3", "3", {}),
        opened("hub:x", "4"),
    ]
    answer = door.post(batch)
    assert answer.status == 207
    assert [it["status"] for it in answer.body["results"]] == ["duplicate", "recorded", "refused", "refused"]
    assert (answer.body["recorded"], answer.body["duplicates"], answer.body["refused"]) == (1, 1, 2)
    assert answer.body["results"][2]["problem"]["facts"]["path"] == "$.data"
    assert door.post([opened("case:9", "9")]).status == 201
    assert door.post([opened("case:9", "9")]).status == 200
    assert door.post([opened("hub:9", "10")]).status == 422


def test_a_batch_is_an_array_of_at_most_ten_thousand(steady):
    assert code(steady.post(b"{}", type_=BATCH)) == (400, "event.invalid")
    assert code(steady.post([1] * 10_001)) == (413, "batch.too_long")


def test_a_correction_restates_and_a_correction_of_a_correction_is_refused(door):
    position = door.post(opened("case:1", "1")).body["position"]
    restated = {"entry": position, "reason": "CLERICAL", "data": {"topic": "tax"}}
    answer = door.post(event("entry.corrected", "case:1", "2", restated))
    assert answer.status == 201
    after = answer.body["position"]
    assert door.get(f"/v1/streams/case:1?after={after}").body["state"]["topic"] == "tax"
    assert door.get(f"/v1/streams/case:1?known={position}").body["state"]["topic"] == "visa"
    again = door.post(event("entry.corrected", "case:1", "3", restated | {"entry": after}))
    assert code(again) == (422, "entry.not_an_original")
    void = door.post(event("entry.voided", "case:1", "4", {"entry": position, "reason": "DUPLICATE"}))
    assert door.get(f"/v1/streams/case:1?after={void.body['position']}").body["state"]["status"] == "unopened"


@pytest.mark.parametrize(
    ("type_", "stream", "data", "status", "told"),
    [
        (
            "project.credit_shared",
            "project:1",
            {"shares": {"EU-BRU": "0.333333", "AS-SGN": "0.666666"}},
            (400, "event.invalid"),
            "the difference is 0.000001",
        ),
        (
            "project.funding_spent",
            "project:1",
            {"money": {"amount": "1", "currency": "XXL"}, "funder": "KR"},
            (400, "event.invalid"),
            "currency is a code of ISO 4217",
        ),
        (
            "project.funding_spent",
            "project:1",
            {"money": {"amount": "1", "currency": "HRK"}, "funder": "KR"},
            (422, "vocabulary.withdrawn"),
            "write EUR",
        ),
        (
            "project.proposed",
            "project:1",
            {"title_en": "t", "fields": ["NST12/SHOES"]},
            (422, "vocabulary.unknown_field"),
            "fields names a field that NST12 (2022) does not have",
        ),
        (
            "partner.registered",
            "partner:1",
            {"name": "x", "country": "BE", "ror": "05f950311"},
            (400, "event.invalid"),
            "the last two digits of the ROR id",
        ),
    ],
)
def test_what_no_list_has_and_what_does_not_add_up_is_refused_with_the_way_to_mend_it(
    door, type_, stream, data, status, told
):
    answer = door.post(event(type_, stream, "1", data))
    assert code(answer) == status
    assert told in answer.body["detail"]
    assert answer.body.get("facts")


@pytest.mark.parametrize(
    ("type_", "stream", "data"),
    [
        ("finding.raised", "finding:2025S1-EU-BRU-1", {"severity": "KIM"}),
        ("project.funding_spent", "project:1", {"money": {"amount": "1", "currency": "KIM"}, "funder": "KR"}),
        ("project.funding_spent", "project:1", {"money": {"amount": "1", "currency": "KRW"}, "funder": "KIM"}),
        ("project.proposed", "project:1", {"title_en": "t", "fields": ["NST12/KIM"]}),
        ("hub.designated", "hub:AS-SIN", {**DESIGNATION, "tz": "KIM"}),
        ("case.escalated", "case:1", {"level": 821012345678901234}),
        ("case.satisfaction_rated", "case:1", {"score": 821012345678, "by": "p-1"}),
        ("partner.registered", "partner:1", {"name": "x", "country": "KIM"}),
        ("case.opened", "KIM:1", {"topic": "visa"}),
    ],
)
def test_a_refusal_names_the_field_and_never_what_was_written_there(door, type_, stream, data):
    who = "secretariat" if type_.startswith(("hub", "finding")) else "EU-BRU"
    answer = door.post(event(type_, stream, "KIM-1", data), who=who)
    assert answer.status in (400, 422)
    told = {name: it for name, it in answer.body.items() if name not in ("id", "instance", "source")}
    assert not [it for it in ("KIM", "8210123") if it in str(told).replace("KIM-1", "")], told
    assert told.get("field") or told.get("path") or told.get("facts")


def test_the_secretariat_and_a_hub_take_turns_in_a_review(door):
    def act(type_, subject, who, data=None):
        return door.post(event(type_, subject, type_, data, time=None), who=who)

    review, check = "review:2025S1-EU-BRU", "check:2025S1"
    without = act("review.submission_made", review, "EU-BRU", {"figures_digest": "ab" * 32})
    assert code(without) == (422, "review.no_check")
    opened = {"period": "2025S1", "due_on": "2025-07-15", "hubs": ["EU-BRU"], "indicators": {"HD-01": 1}}
    cutoff = {"valid_cutoff": "2025-06-30T14:59:59.999999Z", "position": 1}
    assert act("check.opened", check, "secretariat", opened).status == 201
    assert act("check.cutoff_fixed", check, "secretariat", cutoff).status == 201
    digest = door.get("/v1/checks/2025S1/figures?hub=EU-BRU", who="EU-BRU").body["digest"]
    made = {"figures_digest": digest, "cutoff": 1}
    assert act("review.submission_made", review, "EU-BRU", made).status == 201
    assert code(act("review.submission_attested", review, "EU-BRU")) == (422, "review.self_attested")
    assert code(act("review.verification_started", review, "secretariat")) == (422, "review.out_of_turn")
