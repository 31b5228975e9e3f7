"""Who adopts the key of the record, and in which order."""

from __future__ import annotations

import pytest

from domain.acts.seal import KeyAdopted
from tests.domain.given import given, refusal

FIRST, SECOND = (f"example.kr/record+0000000{n}+{'A' * 43}=" for n in (1, 2))


def test_a_key_takes_the_place_of_the_one_that_holds():
    state = given("seal", (KeyAdopted(verifier=FIRST), "o", "operator"))
    assert state.when(KeyAdopted(verifier=SECOND, replaces=FIRST), role="operator").verifier == SECOND


@pytest.mark.parametrize("replaces", [None, SECOND])
def test_no_key_takes_the_place_of_one_that_does_not_hold(replaces):
    held = given("seal", (KeyAdopted(verifier=FIRST), "o", "operator"))
    refused = refusal(held, KeyAdopted(verifier=SECOND, replaces=replaces), role="operator")
    assert (refused.code, refused.facts) == ("seal.out_of_turn", {"holds": FIRST})
    assert str(refused) == "another key is the one to replace"


def test_nobody_but_an_operator_adopts_a_key():
    refused = refusal(given("seal"), KeyAdopted(verifier=FIRST), role="secretariat")
    assert (refused.code, refused.facts) == ("seal.not_yours", {"role": "secretariat"})
    assert "an operator" in str(refused)
