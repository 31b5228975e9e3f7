"""What the lists take, and what the door says of the rest."""

from __future__ import annotations

import csv
import os
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given as any_
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.acts.finding import FindingRaised
from domain.acts.fx import FxRateSetPublished
from domain.acts.sla import SlaPolicyPublished
from domain.facts.helpdesk import CaseEscalated
from domain.facts.hub import HubDesignated, HubTransferred, Region
from domain.facts.project import FundingSpent, ProjectPartnerJoined, ProjectProposed
from domain.input_policy.terms import check_terms
from domain.record import Refused
from domain.registry import EntryCorrected
from domain.values import Money
from domain.vocabulary import COUNTRIES, COUNTRIES_OF_REGIONS, REGIONS, REGIONS_OF_COUNTRIES, SCHEMES, ministry
from domain.vocabulary.identifiers import doi, orcid, ror
from tests.domain.given import START, entry

SHARED = Path(os.environ.get("SAGWAN_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))


def refusal(fact, at=START):
    with pytest.raises(Refused) as refused:
        check_terms(replace(entry(fact), occurred_at=at))
    return refused.value


def in_money(currency):
    return FundingSpent(money=Money(Decimal(1), currency), funder="KR")


def test_the_schemes_have_as_many_fields_as_they_are_called_after():
    assert {name: len(scheme.codes) for name, scheme in SCHEMES.items()} == {"NST12": 12, "CN17": 17, "KSTC": 33}
    assert {name for name, scheme in SCHEMES.items() if scheme.verified} == {"NST12"}
    assert all(term.ko and term.en for scheme in SCHEMES.values() for term in scheme.terms)


def test_a_field_that_its_scheme_does_not_have_is_refused_with_those_it_has():
    unknown = refusal(ProjectProposed(title_en="t", fields=("NST12/AI", "NST12/SHOES")))
    assert (unknown.code, str(unknown)) == (
        "vocabulary.unknown_field",
        "fields names a field that NST12 (2022) does not have",
    )
    assert unknown.facts["field"] == "fields"
    assert "QUANTUM" in unknown.facts["known"]


def test_a_field_that_is_nearly_one_is_answered_with_the_nearest():
    assert str(refusal(ProjectProposed(title_en="t", fields=("NST12/QUANTM",)))).endswith("did you mean NST12/QUANTUM?")


@pytest.mark.parametrize("field", ["NST12/AI", "KSTC/ED", "KSTC/ED0101", "photonics", "OWN/photonics"])
def test_a_field_of_a_scheme_or_a_hubs_own_word_is_taken(field):
    check_terms(entry(ProjectProposed(title_en="t", fields=(field,))))


def test_a_withdrawn_currency_is_taken_for_the_time_when_it_was_money():
    kuna = in_money("HRK")
    check_terms(replace(entry(kuna), occurred_at=START.replace(year=2022)))
    withdrawn = refusal(kuna)
    assert (withdrawn.code, withdrawn.facts["instead"]) == ("vocabulary.withdrawn", "EUR")
    assert withdrawn.facts["until"] == date(2023, 1, 1)


def test_a_withdrawn_country_is_refused_inside_a_correction_too():
    restated = ProjectPartnerJoined(partner="p", role="LEAD", country="AN")
    correction = EntryCorrected(entry=1, reason="CLERICAL", occurred_at=START, data=restated)
    assert refusal(correction).facts["instead"] == "BQ, CW or SX"
    check_terms(entry(replace(correction, occurred_at=START.replace(year=2009))))


def test_a_zone_that_does_not_exist_is_refused():
    hub = HubDesignated(
        name_ko="가", name_en="a", ministry="MSIT", region="EUROPE", city="x", country="BE", tz="Europe/Bruxelles",
        designated_on=date(2025, 1, 1), decision_ref="d",
    )  # fmt: skip
    unknown = refusal(hub)
    assert (unknown.code, str(unknown)) == (
        "vocabulary.unknown_zone",
        "tz is an IANA time zone such as Europe/Brussels",
    )
    check_terms(entry(replace(hub, tz="Europe/Brussels")))


@pytest.mark.parametrize(
    "fact",
    [
        CaseEscalated(level=2**53 + 1),
        SlaPolicyPublished(version=1, first_response_minutes={"low": 10**30}, resolve_minutes={"low": 1}),
        FindingRaised(criteria="a", condition="b", cause="c", effect="d", severity="LOW", entries=(1, -(10**30))),
    ],
)
def test_a_number_that_no_table_holds_is_refused_wherever_it_stands(fact):
    assert refusal(fact).code == "number.out_of_range"


def test_a_rate_in_a_withdrawn_currency_is_found_by_its_key():
    rates = FxRateSetPublished(version=1, as_of=date(2025, 1, 1), source="x", rates={"HRK": {}})
    assert (refusal(rates).code, refusal(rates).facts["field"]) == ("vocabulary.withdrawn", "rates")


def test_a_currency_that_never_was_is_no_money():
    with pytest.raises(ValueError, match="currency is a code of ISO 4217"):
        in_money("XXL")


def test_a_ministry_is_called_what_it_was_called_then():
    renamed = date(2025, 10, 1)
    before, after, first = (
        ministry("MOTIE", renamed - timedelta(days=1)),
        ministry("MOTIE", renamed),
        ministry("MSIT", date(2000, 1, 1)),
    )
    assert before
    assert after
    assert first
    assert before.ko == "산업통상자원부"
    assert after.ko == "산업통상부"
    assert first.en == "Ministry of Science and ICT"
    assert ministry("NOBODY", renamed) is None


@pytest.mark.parametrize(("code", "near"), [("MSTI", "MSIT"), ("MOTI", "MOTIE"), ("msit", "MSIT")])
def test_a_new_entry_names_a_ministry_of_the_list(code, near):
    unknown = refusal(HubTransferred(ministry=code))
    assert (unknown.code, unknown.facts["did_you_mean"][0]) == ("vocabulary.unknown_code", near)
    assert "MSIT" in unknown.facts["known"]
    restated = EntryCorrected(entry=1, reason="CLERICAL", occurred_at=START, data=HubTransferred(ministry=code))
    assert (unknown.facts["path"], refusal(restated).facts["path"]) == ("$.data.ministry", "$.data.data.ministry")
    assert refusal(restated).code == "vocabulary.unknown_code"
    check_terms(entry(HubTransferred(ministry=near)))
    check_terms(entry(HubTransferred(region="ASIA")))


def test_regions_have_countries_of_the_list_and_a_country_is_counted_to_one():
    assert REGIONS.codes == COUNTRIES_OF_REGIONS.keys() == set(get_args(Region))
    assert all(set(it) <= COUNTRIES.codes for it in COUNTRIES_OF_REGIONS.values())
    assert sum(len(it.countries.split()) for it in REGIONS.terms) == len(REGIONS_OF_COUNTRIES)
    assert (REGIONS_OF_COUNTRIES["BE"], REGIONS_OF_COUNTRIES["US"], REGIONS_OF_COUNTRIES["SG"]) == (
        "EUROPE", "AMERICAS", "ASIA",
    )  # fmt: skip
    assert "IL" in COUNTRIES_OF_REGIONS["EUROPE"]
    assert REGIONS_OF_COUNTRIES["IL"] == "ASIA"


@pytest.mark.parametrize("text", ["0000-0002-1825-0097", "0000-0001-5109-3700", "0000-0002-1694-233X"])
def test_an_orcid_fits_its_last_character(text):
    orcid(text)


@pytest.mark.parametrize("text", ["0000-0002-1825-009٧", "００００-0002-1825-0097", "0000-0002-1825-0097\n"])
def test_an_orcid_is_made_of_0_to_9(text):
    with pytest.raises(ValueError, match="reads like"):
        orcid(text)


@pytest.mark.parametrize("text", ["05a28rw58", "00y0zf565", "046p12h21", "002wfgr58"])
def test_a_ror_id_fits_its_last_digits(text):
    ror(text)


@any_(st.sampled_from(["0000-0002-1825-0097", "0000-0002-1694-233X"]), st.integers(0, 15), st.integers(0, 9))
def test_one_wrong_digit_is_no_orcid(good, place, digit):
    index = [n for n, it in enumerate(good) if it != "-"][place]
    wrong = good[:index] + str(digit) + good[index + 1 :]
    if wrong != good:
        with pytest.raises(ValueError, match="ORCID"):
            orcid(wrong)


@any_(st.integers(1, 8), st.sampled_from("0123456789abcdefghjkmnpqrstvwxyz"))
def test_one_wrong_character_is_no_ror_id(place, character):
    wrong = "05a28rw58"[:place] + character + "05a28rw58"[place + 1 :]
    if wrong != "05a28rw58":
        with pytest.raises(ValueError, match="ROR"):
            ror(wrong)


@pytest.mark.parametrize("text", ["https://ror.org/05a28rw58", "05A28RW58", "15a28rw58", ""])
def test_what_does_not_read_like_a_ror_id_says_how_one_reads(text):
    with pytest.raises(ValueError, match="reads like 05a28rw58"):
        ror(text)


def test_a_doi_is_compared_in_small_letters():
    doi("10.1000/xyz123")
    for wrong in ("10.1000/XYZ123", "https://doi.org/10.1000/x", "10.1/x", "10.1000/", "10.1000/a b"):
        with pytest.raises(ValueError, match="reads like"):
            doi(wrong)


@pytest.mark.skipif(not SHARED.exists(), reason="the reference data is not here")
def test_the_lists_agree_with_the_reference_data():
    with (SHARED / "reference_lists" / "iso3166_countries.csv").open() as file:
        official = {row["alpha2"] for row in csv.DictReader(file)}
    assert {term.code for term in COUNTRIES.terms if term.until is None} == official | {"XK"}
    with (SHARED / "ror_records" / "ror_kr_record_versions.csv").open() as file:
        identifiers = {row["ror_id"].rpartition("/")[2] for row in csv.DictReader(file)}
    assert len(identifiers) > 700
    for it in identifiers:
        ror(it)
