"""Who adopts the key of the record, and in which order."""

from __future__ import annotations

import pytest

from domain.record import Refused
from domain.seal import KeyAdopted
from tests.domain.given import given

FIRST, SECOND = (f"example.kr/record+0000000{n}+{'A' * 43}=" for n in (1, 2))


def test_a_key_takes_the_place_of_the_one_that_holds():
    state = given("seal", (KeyAdopted(verifier=FIRST), "o", "operator"))
    assert state.when(KeyAdopted(verifier=SECOND, replaces=FIRST), role="operator").verifier == SECOND


@pytest.mark.parametrize("replaces", [None, SECOND])
def test_no_key_takes_the_place_of_one_that_does_not_hold(replaces):
    with pytest.raises(Refused, match="another key"):
        given("seal", (KeyAdopted(verifier=FIRST), "o", "operator")).when(
            KeyAdopted(verifier=SECOND, replaces=replaces), role="operator"
        )


def test_nobody_but_an_operator_adopts_a_key():
    with pytest.raises(Refused, match="an operator"):
        given("seal").when(KeyAdopted(verifier=FIRST), role="secretariat")
