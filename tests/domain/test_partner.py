"""What a partner is after what was said of it, and whom a merged one stands for."""

from __future__ import annotations

import pytest
from hypothesis import given as any_
from hypothesis import strategies as st

from domain import merging
from domain.facts.partner import PartnerIdentityMerged, PartnerIdentityMergeReversed, PartnerRegistered, PartnerScreened
from tests.domain.given import given

registered = PartnerRegistered(name="KU Leuven", country="BE", kind="UNIVERSITY", ror="05f950310")
KEYS = st.sampled_from("abcdef")


def test_a_partner_is_registered_and_registered_again():
    renamed = given("partner", registered).when(PartnerRegistered(name="Katholieke Universiteit", country="BE"))
    assert (renamed.status, renamed.name, renamed.ror) == ("registered", "Katholieke Universiteit", None)


def test_the_last_result_on_each_list_holds():
    partner = given("partner", registered, PartnerScreened(list="EU", result="REVIEW"))
    after = given("partner", PartnerScreened(list="EU", result="REVIEW"), PartnerScreened(list="US", result="MATCH"))
    assert partner.when(PartnerScreened(list="EU", result="CLEAR")).screened == {"EU": "CLEAR"}
    assert after.state.screened == {"EU": "REVIEW", "US": "MATCH"}


def test_a_merge_is_reversed_and_the_partner_is_what_it_was():
    merged = given("partner", registered, PartnerIdentityMerged(into="partner:p-2"))
    assert (merged.state.status, merged.state.merged_into) == ("merged", "p-2")
    assert merged.when(PartnerIdentityMergeReversed()) == given("partner", registered).state


def test_a_partner_of_whom_only_a_merge_is_known_folds():
    assert given("partner").when(PartnerIdentityMergeReversed()).status == "none"


def test_an_identifier_with_a_wrong_digit_is_no_fact():
    with pytest.raises(ValueError, match="ISO 7064"):
        PartnerRegistered(name="x", country="BE", ror="05f950311")


def test_a_chain_of_merges_ends_at_the_one_that_is_not_merged():
    assert merging.roots({"a": "b", "b": "c"}) == {"a": "c", "b": "c"}


def test_a_circle_resolves_to_its_smallest_key_for_all_that_reach_it():
    assert merging.roots({"a": "c", "c": "b", "b": "c"}) == {"a": "b", "b": "b", "c": "b"}
    assert merging.roots({"a": "a"}) == {"a": "a"}


@any_(st.dictionaries(KEYS, KEYS))
def test_whatever_is_merged_everybody_stands_for_one_that_stands_for_itself(merged):
    found = merging.roots(merged)
    assert found.keys() == merged.keys()
    for key, root in found.items():
        assert found.get(root, root) == root
        assert found.get(merged[key], merged[key]) == root
