"""What may be done with a person, and when."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from domain.acts.credential import CredentialIssued
from domain.acts.person import (
    ConsentRecorded,
    ConsentWithdrawn,
    HoldPlaced,
    HoldReleased,
    PersonErased,
    PersonRead,
    PersonRestated,
    PersonSetApart,
    PseudonymIssued,
)
from domain.input_policy.authority import Actor, owning_hub
from domain.record import Refused
from tests.domain.given import given

issued = PseudonymIssued(fields=("name_ko",))
erased = PersonErased(basis="PIPA 36", key_id="k-0011223344556677")
read = PersonRead(purpose="audit", fields=("name_ko",))
abroad = PersonRead(purpose="visa", fields=("name_ko",), country="BE")
consent = ConsentRecorded(purpose="visa", cross_border=True, countries=("BE",), until=date(2025, 3, 3))


def refusal(stream, fact, **how):
    with pytest.raises(Refused) as caught:
        stream.when(fact, **how)
    return caught.value


def test_a_pseudonym_is_issued_once_and_before_anything_else():
    assert given("person").when(issued).status == "issued"
    assert refusal(given("person", issued), issued).code == "person.unknown"
    assert refusal(given("person"), read).code == "person.unknown"


def test_erased_is_the_end():
    assert given("person", issued).when(erased).status == "erased"
    for fact in (read, erased, issued, PersonRestated(), consent):
        assert refusal(given("person", issued, erased), fact).code == "person.erased"


def test_a_live_hold_keeps_a_person_from_erasure_and_says_which_law_and_until_when():
    held = given("person", issued, HoldPlaced(law="Records Act 26", until=date(2025, 3, 3)))
    refused = refusal(held, erased)
    assert (refused.code, refused.facts) == ("person.held", {"holds": {"Records Act 26": date(2025, 3, 3)}})
    # 3 March 2025 ends in Seoul at 15:00 UTC, six hours after the start of this history.
    assert held.when(erased, hours=7).status == "erased"
    assert held.when(PersonSetApart(basis="PIPA 36")).status == "apart"


def test_a_hold_without_an_end_holds_until_it_is_released_by_whoever_placed_it():
    by_house = given("person", issued, (HoldPlaced(law="audit"), "c-2", "secretariat"))
    assert refusal(by_house, erased, hours=1_000_000).code == "person.held"
    assert refusal(by_house, HoldReleased(law="audit")).code == "person.not_your_hold"
    assert refusal(by_house, HoldReleased(law="other")).code == "person.no_hold"
    assert by_house.when(HoldReleased(law="audit"), role="secretariat").holds == {}
    assert given("person", issued, HoldPlaced(law="a"), HoldReleased(law="a")).when(erased).status == "erased"


def test_who_is_stored_apart_is_read_for_the_law_that_wants_it_and_not_worked_on():
    apart = given("person", issued, HoldPlaced(law="audit"), PersonSetApart(basis="PIPA 36"))
    assert refusal(apart, read).facts == {"laws": ["audit"]}
    assert refusal(apart, PersonRestated()).code == "person.apart"
    assert apart.when(PersonRead(purpose="audit", fields=(), basis="audit"), role="auditor").status == "apart"


def test_nobody_is_stored_apart_without_a_hold():
    assert refusal(given("person", issued), PersonSetApart(basis="PIPA 36")).code == "person.not_held"


def test_reading_from_abroad_takes_a_live_consent_to_the_purpose_and_the_country_or_another_basis():
    assert refusal(given("person", issued), abroad).code == "person.no_consent_abroad"
    agreed = given("person", issued, consent)
    agreed.when(abroad)
    assert refusal(agreed, abroad, hours=7).code == "person.no_consent_abroad"
    for other in ({"country": "DE"}, {"purpose": "survey"}):
        fact = replace(PersonRead(purpose="visa", fields=(), country="BE"), **other)
        assert refusal(agreed, fact).code == "person.no_consent_abroad"
    assert refusal(given("person", issued, consent, ConsentWithdrawn(purpose="visa")), abroad).code.endswith("abroad")
    given("person", issued).when(PersonRead(purpose="visa", fields=(), country="BE", basis="PIPA 28-8(1)3"))


def test_a_consent_to_a_transfer_names_countries_and_only_such_a_one_does():
    for wrong in ({"cross_border": True}, {"countries": ("BE",)}, {"cross_border": True, "countries": ("EL",)}):
        with pytest.raises(ValueError, match=r"countries|Greece"):
            ConsentRecorded(purpose="visa", **wrong)
    assert refusal(given("person", issued), ConsentWithdrawn(purpose="visa")).code == "person.no_consent"


def test_any_role_reads_and_only_a_hub_or_the_secretariat_decides():
    for role in ("analyst", "auditor", "operator"):
        given("person", issued).when(read, role=role)
        for fact in (erased, PersonRestated(), HoldPlaced(law="x")):
            assert refusal(given("person", issued), fact, role=role).code == "person.not_yours"


@pytest.mark.parametrize(
    ("actor", "held_by", "code"),
    [
        (Actor("c", "hub", "EU"), "EU", None),
        (Actor("c", "hub", "EU"), "AS", "authority.not_yours"),
        (Actor("c", "hub", "EU", "none"), "EU", "authority.persons"),
        (Actor("c", "auditor"), "EU", "authority.persons"),
        (Actor("c", "secretariat"), "", "authority.persons"),
        (Actor("c", "auditor", persons="all"), "EU", None),
    ],
)
def test_a_hub_has_its_own_persons_and_others_need_a_grant(actor, held_by, code):
    if code is None:
        assert owning_hub(actor, "person", "p-1", held_by) == held_by
        return
    with pytest.raises(Refused) as caught:
        owning_hub(actor, "person", "p-1", held_by)
    assert caught.value.code == code


def test_a_hub_is_never_granted_the_persons_of_others():
    with pytest.raises(ValueError, match="its own persons"):
        CredentialIssued(role="hub", hub="EU", digest="ab" * 32, persons="all")
