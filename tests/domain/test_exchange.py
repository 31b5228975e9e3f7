"""What a stay is after what happened to it."""

from __future__ import annotations

from datetime import date

import pytest

from domain.facts.exchange import (
    ExchangeAccepted,
    ExchangeArrived,
    ExchangeCancelled,
    ExchangeCurtailed,
    ExchangeDeclined,
    ExchangeDeparted,
    ExchangeExtended,
    ExchangeNominated,
    ExchangeOutputLinked,
    ExchangeReturned,
    OutcomeRecognised,
)
from tests.domain.given import given

nominated = ExchangeNominated(direction="OUTBOUND", country="BE", planned_until=date(2025, 6, 30))
arrived = ExchangeArrived(on=date(2025, 3, 4))


def test_a_stay_runs_its_course():
    stay = given("exchange", nominated, ExchangeAccepted(), ExchangeDeparted(on=date(2025, 3, 3)), arrived)
    back = given("exchange", nominated, arrived, ExchangeReturned(on=date(2025, 5, 1))).when(
        OutcomeRecognised(outcome="paper")
    )
    assert (stay.state.status, stay.state.accepted) == ("arrived", True)
    assert (back.status, back.returned_on, back.recognised) == ("recognised", date(2025, 5, 1), True)


def test_a_nomination_may_be_declined_or_cancelled():
    assert given("exchange", nominated).when(ExchangeDeclined()).status == "declined"
    assert given("exchange", nominated, ExchangeAccepted()).when(ExchangeCancelled()).status == "cancelled"


def test_an_extended_or_curtailed_stay_goes_on_until_another_day():
    stay = given("exchange", nominated, arrived)
    assert stay.when(ExchangeExtended(until=date(2025, 9, 30))).until == date(2025, 9, 30)
    assert stay.when(ExchangeCurtailed(until=date(2025, 4, 1))).until == date(2025, 4, 1)


def test_a_planned_stay_that_ends_before_it_starts_is_no_fact():
    with pytest.raises(ValueError, match="before it starts"):
        ExchangeNominated(direction="INBOUND", planned_from=date(2025, 5, 2), planned_until=date(2025, 5, 1))


def test_a_country_that_does_not_exist_is_no_fact():
    with pytest.raises(ValueError, match="Greece is GR"):
        ExchangeNominated(direction="INBOUND", country="EL")


def test_an_output_is_linked_whenever_it_appears():
    stay = given("exchange", nominated, arrived, OutcomeRecognised(outcome="report"))
    linked = stay.when(ExchangeOutputLinked(project="EU-1", output="o-1"))
    assert (linked.status, linked.outputs) == ("recognised", {"EU-1/o-1"})
