"""A name belongs to whoever says it: hubs do not collide, and nobody takes the names of the machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from journal.log import keys
from tests.api.door import Answer, Door, event, opened
from tests.api.half_year import HUBS, HalfYear, taken


def told(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body["code"]


def test_two_hubs_that_number_the_cases_of_their_desk_both_record_them(door: Door) -> None:
    first = door.post(opened("case:eu-1", "1", source="desk"), who="EU-BRU")
    second = door.post(opened("case:as-1", "1", source="desk"), who="AS-SIN")
    assert (first.status, second.status) == (201, 201)
    assert [door.post(opened("case:as-1", "1", source="desk"), who="AS-SIN").body["position"]] == [
        second.body["position"]
    ]
    lines = {it["position"]: it for it in door.get("/v1/events").body["events"]}
    assert [lines[it.body["position"]]["space"] for it in (first, second)] == ["hub:EU-BRU", "hub:AS-SIN"]
    assert lines[1]["space"] == "sagwan"
    assert door.get(f"/v1/events/{first.body['position']}").body["space"] == "hub:EU-BRU"
    ndjson = door.get("/v1/events?format=ndjson").raw.splitlines()
    assert all(it.startswith(b'{"position":') and b',"entry":{"stream":' in it[:40] for it in ndjson), (
        "these lines are those of packs, which verifiers of before read: an entry says its role, hub, source and id"
    )


def test_another_token_of_the_same_hub_repeats_what_the_first_posted(door: Door) -> None:
    first = door.post(opened("case:1", "1"))
    again = door.post(opened("case:1", "1"), who=door.another("hub", "EU-BRU"))
    assert (again.status, again.body["position"]) == (200, first.body["position"])


def test_nobody_posts_under_the_name_of_another_hub_or_of_the_machine(door: Door) -> None:
    for source in ("hub:EU-BRU/keys", "hub:EU-BRU", "sagwan", "sagwan/vault"):
        answer = door.post(opened("case:x", "x", source=source), who="AS-SIN")
        assert told(answer) == (403, "authority.source")
    assert "hub:AS-SIN" in door.post(opened("case:x", "x", source="hub:EU-BRU/keys"), who="AS-SIN").body["detail"]
    assert door.post(opened("case:x", "x", source="hub:AS-SIN/keys"), who="AS-SIN").status == 201
    calendar = {"version": 1, "tz": "UTC", "weekly_open": [], "source": "x"}
    squat = event("calendar.published", "calendar:X", "edition.2025S1.1", calendar, time=None, source="sagwan")
    assert told(door.post(squat, who="secretariat")) == (403, "authority.source")
    batch = door.post([opened("case:y", "y", source="sagwan"), opened("case:y", "y")])
    assert [it["status"] for it in batch.body["results"]] == ["refused", "recorded"]


def test_who_is_refused_for_a_stream_of_another_hub_is_told_how_to_name_his_own(door: Door) -> None:
    door.post(opened("case:1", "1"))
    answer = door.post(opened("case:1", "1"), who="AS-SIN")
    assert told(answer) == (403, "authority.not_yours")
    assert "such as case:AS-SIN-1" in answer.body["detail"]
    assert door.post(opened("case:AS-SIN-1", "1"), who="AS-SIN").status == 201


@pytest.mark.parametrize("source", ["sagwan", "Sagwan", "desk"])
def test_no_hub_keeps_its_credential_from_being_revoked(door: Door, source: str) -> None:
    mine = _credential(door)
    door.post(opened("case:revoked", f"{mine}.revoked", source=source))
    assert door.ask("DELETE", f"/v1/tokens/{mine}", None, who="operator").status == 204
    assert door.post(opened("case:2", "2")).status == 401


def test_no_hub_keeps_a_server_from_starting_after_its_key_was_changed(tmp_path: Path) -> None:
    door = Door(tmp_path)
    door.post([opened("case:s", f"seal-{n}", source="sagwan") for n in range(4)])
    door.close()
    keys.rotate_key(tmp_path)
    again = Door(tmp_path)
    assert again.get("/readyz", who=door.tokens["analyst"]).status == 200
    again.close()


def test_no_hub_keeps_an_edition_from_being_published(door: Door) -> None:
    half = HalfYear(door)
    door.post(opened("case:e", "edition.2025S1.1", source="sagwan"))
    half.cases("EU-BRU", 1)
    taken(half.open())
    taken(half.cut())
    half.close()
    half.publish()
    assert door.get(f"/v1/editions/{half.period}/1").status == 200


def _credential(door: Door, hub: str = HUBS[0]) -> str:
    listed: list[dict[str, Any]] = door.get("/v1/tokens", who="operator").body["tokens"]
    return next(str(it["id"]) for it in listed if it["hub"] == hub)
