"""What an edition of a strategy map is after what happened to it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from domain.facts.strategy_map import (
    CoopTypeAssigned,
    StrategyMapApproved,
    StrategyMapDrafted,
    StrategyMapSuperseded,
    TechLevelAssessed,
)
from tests.domain.given import given

drafted = StrategyMapDrafted(field="NST12/SEMICONDUCTOR", edition=1)
approved = StrategyMapApproved(session="2024-12", in_force_from=date(2024, 12, 6))


def test_an_edition_is_drafted_filled_approved_and_superseded():
    edition = given(
        "map",
        drafted,
        TechLevelAssessed(sub_tech="chiplets", country="US", rank=1),
        TechLevelAssessed(sub_tech="chiplets", country="BE", score=Decimal("71.5"), unit="%", method="papers+patents"),
        CoopTypeAssigned(sub_tech="chiplets", coop_type="MARKET_LED"),
        approved,
    )
    assert (edition.state.status, edition.state.in_force_from) == ("approved", date(2024, 12, 6))
    assert edition.state.levels == {"chiplets/US": 1, "chiplets/BE": None}
    after = edition.when(StrategyMapSuperseded(on=date(2025, 12, 1), by="2"))
    assert (after.status, after.in_force_to) == ("superseded", date(2025, 12, 1))


def test_a_co_operation_type_that_no_list_has_is_recorded():
    assert given("map", drafted).when(CoopTypeAssigned(sub_tech="s", coop_type="OPEN")).coop_types == {"s": "OPEN"}


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"sub_tech": "s", "country": "EL", "rank": 1}, "Greece is GR"),
        ({"sub_tech": "s", "country": "BE"}, "a rank or a score"),
        ({"sub_tech": "s", "country": "BE", "rank": 0}, "1 or more"),
        ({"sub_tech": "s", "country": "BE", "score": Decimal("NaN")}, "finite"),
    ],
)
def test_an_assessment_that_says_nothing_is_no_fact(wrong, why):
    with pytest.raises(ValueError, match=why):
        TechLevelAssessed(**wrong)


def test_editions_count_from_one():
    with pytest.raises(ValueError, match="1 or more"):
        StrategyMapDrafted(field="NST12/AI", edition=0)
