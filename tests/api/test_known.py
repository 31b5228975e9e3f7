"""What a record holds of a batch is told without recording anything."""

from __future__ import annotations

from tests.api.door import BATCH, Door, opened


def known(door: Door, *events: object, who: str = "EU-BRU"):
    return door.ask("POST", "/v1/events/known", list(events), who=who, type_=BATCH)


def test_each_event_is_the_same_another_new_or_unreadable_and_nothing_is_recorded(door):
    door.post(opened("case:1", "1"))
    head = door.get("/readyz").body["position"]
    answer = known(door, opened("case:1", "1"), opened("case:1", "1", "tax"), opened("case:2", "2"), {"id": "가"})
    assert answer.status == 200
    assert answer.body == {"same": 1, "other": 1, "new": 1, "unread": 1, "results": ["same", "other", "new", "unread"]}
    assert door.get("/readyz").body["position"] == head


def test_nobody_learns_what_another_hub_wrote(door):
    door.post(opened("case:1", "1"))
    assert known(door, opened("case:1", "1"), who="AS-SIN").body["results"] != ["same"]
    assert known(door, opened("case:1", "1"), who="EU-BRU").body["results"] == ["same"]


def test_it_takes_a_token_and_a_batch(door):
    assert known(door, who="nonsense").status == 401
    assert door.ask("POST", "/v1/events/known", {"id": "1"}, who="EU-BRU", type_=BATCH).status == 400
