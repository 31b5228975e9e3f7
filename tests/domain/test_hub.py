"""What a hub is after what happened to it."""

from __future__ import annotations

from datetime import date

import pytest

from domain.facts.hub import (
    HubCalendarAdopted,
    HubDesignated,
    HubFunctionsChanged,
    HubLinked,
    HubReinstated,
    HubRevoked,
    HubSuspended,
    HubTransferred,
)
from tests.domain.given import given

designated = HubDesignated(
    name_ko="브뤼셀 거점센터",
    name_en="Brussels hub",
    ministry="MSIT",
    region="EUROPE",
    city="Brussels",
    country="BE",
    tz="Europe/Brussels",
    designated_on=date(2024, 12, 6),
    decision_ref="2024-12",
)
today = date(2025, 3, 3)


def test_a_hub_is_designated_suspended_reinstated_and_revoked():
    suspended = given("hub", designated, HubSuspended(on=today, reason="audit"))
    assert suspended.state.status == "suspended"
    assert suspended.when(HubReinstated(on=today)).status == "designated"
    assert suspended.when(HubRevoked(on=today, reason="audit")).status == "revoked"


def test_a_hub_adopts_a_calendar_takes_functions_and_is_linked():
    hub = given(
        "hub",
        designated,
        HubCalendarAdopted(calendar="BE", calendar_version=2),
        HubLinked(other_centre="KIC", scope="AI"),
    )
    after = hub.when(HubFunctionsChanged(functions=("HELPDESK",)))
    assert (after.calendar, after.linked, after.functions) == (("BE", 2), {"KIC"}, ("HELPDESK",))


def test_a_transferred_hub_belongs_to_another_ministry_or_region_and_stays_what_it_was():
    hub = given("hub", designated).when(HubTransferred(ministry="MOTIE", decision_ref="2025-7"))
    assert (hub.status, hub.ministry, hub.region, hub.designation) == ("designated", "MOTIE", "EUROPE", designated)
    assert given("hub", designated).when(HubTransferred(region="ASIA")).ministry == "MSIT"


def test_a_transfer_to_nobody_is_no_fact():
    with pytest.raises(ValueError, match="the new ministry"):
        HubTransferred()
