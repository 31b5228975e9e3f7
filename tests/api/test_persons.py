"""The vault's door: who takes people in, who sees them, and that the record tells of it."""

from __future__ import annotations

import re

import pytest

from tests.api.door import Door, event

KIM = {"reference": "kim.c", "name_ko": "김철수", "email": "kim@example.org", "note": "알레르기"}


@pytest.fixture
def tokens(door: Door) -> Door:
    """With an auditor who is granted all persons, the secretariat likewise, and a hub that may read from Belgium."""
    for name, wish in {
        "grantee": {"role": "auditor", "persons": "all"},
        "house": {"role": "secretariat", "persons": "all"},
        "abroad": {"role": "hub", "hub": "EU-BRU", "cross_border": True},
        "closed": {"role": "hub", "hub": "EU-BRU", "persons": "none"},
    }.items():
        door.tokens[name] = door.ask("POST", "/v1/tokens", wish, who="operator").body["token"]
    return door


def add(door: Door, person=KIM, who: str = "EU-BRU") -> str:
    answer = door.ask("POST", "/v1/persons", person, who=who)
    assert answer.status == 201, answer.body
    return answer.body["pseudonym"]


def acts(door: Door, name: str) -> list[dict]:
    return [row["entry"] for row in door.get(f"/v1/streams/person:{name}", who="auditor").body["history"]]


def test_a_person_is_taken_in_under_a_pseudonym_and_the_record_names_fields_only(tokens):
    name = add(tokens)
    assert re.fullmatch(r"p-[0-9a-f]{24}", name)
    (act,) = acts(tokens, name)
    assert act["fact"].pop("key_id").startswith("k-")
    assert act["fact"] == {"type": "person.pseudonym_issued", "fields": ["email", "name_ko", "note", "reference"]}
    assert (act["hub"], act["source"]) == ("EU-BRU", "sagwan/vault")
    page = tokens.get("/v1/events?limit=10000", Accept="application/x-ndjson").raw.decode()
    assert not [value for value in KIM.values() if value in page]


def test_the_same_reference_is_the_same_person(tokens):
    name = add(tokens)
    again = tokens.ask("POST", "/v1/persons", KIM, who="EU-BRU")
    assert (again.status, again.body["pseudonym"]) == (200, name)
    assert len(acts(tokens, name)) == 1
    assert add(tokens, who="AS-SIN") != name
    changed = tokens.ask("POST", "/v1/persons", KIM | {"note": "없음"}, who="EU-BRU")
    assert (changed.status, changed.body["pseudonym"]) == (200, name)
    assert [act["fact"]["type"] for act in acts(tokens, name)] == ["person.pseudonym_issued", "person.restated"]


def test_whoever_looks_is_in_the_record_before_anything_is_shown(tokens):
    name = add(tokens)
    shown = tokens.get(f"/v1/persons/{name}?purpose=visa%20check&fields=name_ko,orcid", who="grantee")
    assert (shown.status, shown.body) == (200, {"pseudonym": name, "person": {"name_ko": "김철수"}})
    assert shown.headers["Cache-Control"] == "no-store"
    act = acts(tokens, name)[-1]
    assert act["fact"] == {"type": "person.read", "purpose": "visa check", "fields": ["name_ko"]}
    assert act["role"] == "auditor"
    whole = tokens.get(f"/v1/persons/{name}?purpose=audit", who="grantee")
    assert whole.body["person"] == KIM
    position = tokens.get("/readyz").body["position"]
    (row,) = tokens.get(f"/v1/views/persons?after={position}", who="auditor").body["rows"]
    assert (row["pseudonym"], row["status"], row["readings"], row["holds"]) == (name, "issued", 2, [])
    looked = tokens.get("/v1/events?type=person.read", who="auditor", Accept="application/x-ndjson").raw.splitlines()
    assert len(looked) == 2


def test_nobody_looks_without_a_purpose_or_a_permission(tokens):
    name = add(tokens)
    path = f"/v1/persons/{name}?purpose=x"
    assert tokens.get(f"/v1/persons/{name}", who="grantee").body["code"] == "query.invalid"
    for who, code in {
        "auditor": "authority.persons",
        "analyst": "authority.persons",
        "operator": "authority.persons",
        "secretariat": "authority.persons",
        "closed": "authority.persons",
        "AS-SIN": "authority.cross_border",
        "EU-BRU": "authority.cross_border",
    }.items():
        answer = tokens.get(path, who=who)
        assert (answer.status, answer.body["code"]) == (403, code), who
        assert "김철수" not in answer.raw.decode()
    assert len(acts(tokens, name)) == 1
    assert tokens.get(path, who=None).status == 401
    assert tokens.get("/v1/persons/p-none?purpose=x", who="grantee").status == 404
    assert tokens.get(f"{path}&fields=salary", who="grantee").body["facts"]["unknown"] == ["salary"]


def test_a_hub_abroad_reads_with_a_permission_of_its_own_and_a_consent_or_another_basis(tokens):
    name = add(tokens)
    path = f"/v1/persons/{name}?purpose=visa"
    assert tokens.get(path, who="abroad").body["code"] == "person.no_consent_abroad"
    consent = {"purpose": "visa", "cross_border": True, "countries": ["BE"]}
    assert tokens.ask("POST", f"/v1/persons/{name}/consents", consent, who="EU-BRU").status == 201
    assert tokens.get(path, who="abroad").body["person"] == KIM
    assert acts(tokens, name)[-1]["fact"]["country"] == "BE"
    assert tokens.ask("DELETE", f"/v1/persons/{name}/consents?purpose=visa", None, who="EU-BRU").status == 201
    assert tokens.get(path, who="abroad").body["code"] == "person.no_consent_abroad"
    assert tokens.get(f"{path}&basis=PIPA%2028-8(1)3", who="abroad").status == 200
    assert acts(tokens, name)[-1]["fact"]["basis"] == "PIPA 28-8(1)3"


def test_no_hub_touches_the_persons_of_another(tokens):
    name = add(tokens)
    for method, path, body in [
        ("POST", "", {"name_ko": "이영희"}),
        ("DELETE", "?basis=PIPA+36", None),
        ("POST", "/holds", {"law": "x"}),
        ("POST", "/consents", {"purpose": "x"}),
    ]:
        assert tokens.ask(method, f"/v1/persons/{name}{path}", body, who="AS-SIN").status == 403
    assert tokens.get(f"/v1/persons/{name}?purpose=x", who="grantee").body["person"] == KIM
    assert len(acts(tokens, name)) == 2


def test_references_resolve_to_the_same_pseudonyms_again_and_the_second_time_record_nothing(tokens):
    asked = {"references": ["김철수", "Anne Claire", " 김철수 ", "이영희"]}
    first = tokens.ask("POST", "/v1/persons/resolve", asked, who="EU-BRU")
    kim, anne, twin, lee = first.body["pseudonyms"]
    assert kim == twin
    assert len({kim, anne, lee}) == 3
    head = tokens.get("/readyz").body["position"]
    assert tokens.ask("POST", "/v1/persons/resolve", asked, who="EU-BRU").body == first.body
    assert tokens.get("/readyz").body["position"] == head
    other = tokens.ask("POST", "/v1/persons/resolve", asked, who="AS-SIN").body["pseudonyms"]
    assert not set(other) & {kim, anne, lee}
    assert tokens.get(f"/v1/persons/{anne}?purpose=x", who="grantee").body["person"] == {"reference": "Anne Claire"}
    for who in ("grantee", "closed"):
        assert tokens.ask("POST", "/v1/persons/resolve", asked, who=who).status == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "홍길동"}, "$.email"),
        ({"orcid": "0000-0001-홍길동"}, "$.orcid"),
        ({"orcid": "0000-0002-1825-009٧"}, "$.orcid"),
        ({"orcid": "００００-0002-1825-0097"}, "$.orcid"),
        ({"name_ko": 19990101}, "$.name_ko"),
        ({"reference": "   "}, "$.reference"),
    ],
)
def test_an_error_names_the_field_and_not_the_value(tokens, body, field):
    answer = tokens.ask("POST", "/v1/persons", body, who="EU-BRU")
    assert answer.status == 400
    assert field in answer.body["detail"]
    assert not [word for word in ("홍길동", "19990101") if word in answer.raw.decode()]


def test_what_is_restated_replaces_and_keeps_the_reference(tokens):
    name, other = add(tokens), add(tokens, {"reference": "lee.y"})
    path = f"/v1/persons/{name}"
    assert tokens.ask("POST", path, {"name_ko": "김철호"}, who="EU-BRU").status == 200
    held = tokens.get(f"{path}?purpose=x", who="grantee").body["person"]
    assert held == {"reference": "kim.c", "name_ko": "김철호"}
    taken = tokens.ask("POST", path, {"reference": "lee.y"}, who="EU-BRU")
    assert (taken.status, taken.body["code"]) == (409, "person.reference_taken")
    assert tokens.ask("POST", f"/v1/persons/{other}", {"name_en": "Lee"}, who="house").status == 200


def test_an_erased_person_is_gone_and_stays_gone(tokens):
    name, other = add(tokens), add(tokens, {"name_ko": "이영희"})
    assert tokens.ask("DELETE", f"/v1/persons/{name}", None, who="EU-BRU").status == 400
    done = tokens.ask("DELETE", f"/v1/persons/{name}?basis=PIPA+36", None, who="EU-BRU")
    assert done.status == 200
    fact = acts(tokens, name)[-1]["fact"]
    assert (fact["type"], fact["basis"], fact["key_id"][:2]) == ("person.erased", "PIPA 36", "k-")
    for method, path in (("GET", f"/v1/persons/{name}?purpose=x"), ("DELETE", f"/v1/persons/{name}?basis=y")):
        assert tokens.ask(method, path, None, who="house").status == 410
    assert tokens.get(f"/v1/persons/{other}?purpose=x", who="grantee").body["person"] == {"name_ko": "이영희"}
    assert add(tokens) != name
    rows = {row["pseudonym"]: row for row in tokens.get("/v1/persons", who="EU-BRU").body["persons"]}
    assert (rows[name]["status"], rows[name]["fields"], rows[name]["basis"]) == ("erased", [], "PIPA 36")
    assert tokens.get("/v1/persons", who="AS-SIN").body["persons"] == []


def test_a_hold_is_honoured_and_the_person_stored_apart_until_it_ends(tokens):
    name = add(tokens)
    hold = {"law": "Records Act 26", "until": "2999-12-31"}
    assert tokens.ask("POST", f"/v1/persons/{name}/holds", hold, who="house").status == 201
    refused = tokens.ask("DELETE", f"/v1/persons/{name}?basis=PIPA+36", None, who="EU-BRU")
    assert (refused.status, refused.body["code"]) == (409, "person.held")
    assert refused.body["facts"]["holds"] == {"Records Act 26": "2999-12-31"}
    assert tokens.get(f"/v1/persons/{name}?purpose=x", who="grantee").body["code"] == "person.apart"
    assert tokens.ask("POST", f"/v1/persons/{name}", {"name_en": "Kim"}, who="EU-BRU").body["code"] == "person.apart"
    read = tokens.get(f"/v1/persons/{name}?purpose=x&basis=Records+Act+26", who="grantee")
    assert read.body["person"] == KIM
    (row,) = tokens.get("/v1/persons", who="EU-BRU").body["persons"]
    assert (row["status"], row["holds"]) == ("apart", ["Records Act 26 until 2999-12-31"])
    path = f"/v1/persons/{name}/holds?law=Records+Act+26"
    assert tokens.ask("DELETE", path, None, who="EU-BRU").body["code"] == "person.not_your_hold"
    assert tokens.ask("DELETE", path, None, who="house").status == 201
    assert tokens.ask("DELETE", f"/v1/persons/{name}?basis=PIPA+36", None, who="EU-BRU").status == 200


def test_a_right_guess_about_a_person_is_answered_and_recorded_as_a_wrong_one(tokens):
    name = add(tokens)
    known = {field: text for field, text in KIM.items() if field != "reference"}
    guesses = (known | {"email": "lee@example.org"}, known)
    refused = [tokens.ask("POST", f"/v1/persons/{name}", it, who="grantee") for it in (*guesses, known)]
    assert {(it.status, it.body["code"]) for it in refused} == {(422, "person.not_yours")}
    told = [tokens.ask("POST", f"/v1/persons/{name}", it, who="house") for it in (known, known, guesses[0], known)]
    assert {(it.status, it.raw) for it in told} == {(200, told[0].raw)}
    assert [act["fact"]["type"] for act in acts(tokens, name)[1:]] == ["person.restated"] * 4
    by_reference = [
        tokens.ask("POST", f"/v1/persons/{name}", known | {"reference": it}, who="house") for it in ("kim.c", "lee.a")
    ]
    assert {(it.status, it.body["code"]) for it in by_reference} == {(403, "person.reference_is_the_hubs")}
    assert tokens.get(f"/v1/persons/{name}?purpose=x", who="grantee").body["person"] == KIM


def test_acts_about_people_are_not_posted_as_events(tokens):
    name = add(tokens)
    for type_, data in (("person.read", {"purpose": "x", "fields": []}), ("person.erased", {"basis": "x"})):
        answer = tokens.post(event(type_, f"person:{name}", type_, data), who="EU-BRU")
        assert (answer.status, answer.body["code"]) == (422, "person.not_posted")


def test_the_access_log_cannot_be_edited(tokens):
    name = add(tokens)
    tokens.get(f"/v1/persons/{name}?purpose=x", who="grantee")
    position = tokens.get(f"/v1/streams/person:{name}", who="auditor").body["history"][-1]["position"]
    for type_, data in (("entry.voided", {}), ("entry.corrected", {"data": {"purpose": "y", "fields": []}})):
        body = {"entry": position, "reason": "CLERICAL"} | data
        answer = tokens.post(event(type_, f"person:{name}", type_, body), who="EU-BRU")
        assert (answer.status, answer.body["code"]) == (422, "stream.wrong_kind")
