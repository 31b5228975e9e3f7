"""Whatever an older release took of acts, times and amounts: every question is answered, and acts heal the rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eventsourcing.persistence import StoredEvent
from msgspec.structs import replace

from api.credentials import token_digest
from domain.acts.credential import CredentialIssued
from domain.identity import identity_digests, identity_space
from domain.record import Entry
from journal.store.entry_rules import encode_entry
from journal.store.journal import Journal
from projections.mirror.files import catch_up
from tests.api.door import Door, event, opened
from tests.api.half_year import HUBS
from tests.before.records import answers, placed, unfolded
from tests.mirrors import empty
from tests.projections.test_extremes import answers as answered


@pytest.fixture(params=["sqlite", "postgres"])
def bad(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Door]:
    """A server on the record that holds every bad example."""
    database = request.getfixturevalue("database") if request.param == "postgres" else None
    it = Door(*placed(request.param, "bad", tmp_path / "data", database))
    it.tokens = dict(answers()["sound"]["tokens"])
    it.said = answers()["bad" if database is None else "bad_postgres"]  # type: ignore[attr-defined]
    yield it
    it.close()


def test_every_question_about_it_is_answered(tmp_path: Path) -> None:
    mirror = empty()
    with Journal.at(unfolded("bad", tmp_path) / "journal.db") as journal:
        catch_up(mirror, journal.page)
    found = answered(mirror)
    assert len(found["period"]) < 60
    assert len(found["hub.fact_before_2000"]) == 6
    assert {it["period"] for it in found["HD-01/1"]} >= {"0001S1", "0205S1", "1925S1", "1970S1", "1975S1", "2025S1"}
    mirror.close()


def test_its_figures_changes_and_packs_are_sent(bad: Door) -> None:
    position = bad.get("/readyz").body["position"]
    for path in ("views/hub_performance", "views/irregularities", "views/targets", "indicators/HD-03?by=hub,period"):
        assert bad.get(f"/v1/{path}", who="auditor").status == 200, path
    assert bad.get(f"/v1/diff?a=187&b={position}").status == 200
    pack = bad.get("/v1/export/evidence", who="auditor")
    assert (pack.status, pack.raw[:2]) == (200, b"PK")


def test_what_it_took_is_taken_back(bad: Door) -> None:
    said: dict[str, Any] = bad.said  # type: ignore[attr-defined]

    def act(type_: str, stream: str, data: Any) -> None:
        answer = bad.post(event(type_, stream, f"{type_}/{stream}", data, time=None, source="heals"), who="secretariat")
        assert answer.status == 201, answer.body

    act("calendar.withdrawn", "calendar:X", {"version": 1, "reason": "hours that are none"})
    act("sla.withdrawn", "sla:x", {"version": 1, "reason": "longer than time"})
    act("indicator.target_withdrawn", "indicator:HD-01", {"period": "2٠25S1", "reason": "no half-year"})
    act("check.withdrawn", "check:2026S1", {"reason": "a hub that is none"})
    assert bad.get("/v1/streams/check:2026S1").body["state"]["status"] == "WITHDRAWN"
    opening = {"period": "2026S1", "due_on": "2026-07-15", "hubs": HUBS, "indicators": {"HD-01": 1}}
    act("check.opened", "check:2026S1", opening)
    assert bad.get("/v1/streams/check:2026S1").body["state"]["hubs"] == list(HUBS)
    for name in said:
        if name.startswith(("time_", "money_")):
            stream = bad.get(f"/v1/events/{said[name]}", who="auditor").body["entry"]["stream"]
            void = event("entry.voided", stream, f"void-{name}", {"entry": said[name], "reason": "CLERICAL"}, time=None)
            voided = bad.post(void)
            assert voided.status == 201, voided.body
    after = f"after={voided.body['position']}"
    views = {
        name: bad.get(f"/v1/views/{name}?{after}", who="auditor").body["rows"]
        for name in ("period", "irregularities", "targets", "calendars", "checks")
    }
    assert [it["period"] for it in views["period"]] == ["2024S2", "2025S1", "2025S2"], "from the day of a designation"
    assert "hub.fact_before_2000" not in {it["code"] for it in views["irregularities"]}
    assert "2٠25S1" not in {it["period"] for it in views["targets"]}
    assert "X" not in {it["calendar"] for it in views["calendars"]}
    assert next(it for it in views["checks"] if it["period"] == "2026S1")["status"] == "OPEN"


def test_a_hold_for_ever_is_read_released_and_erased(bad: Door) -> None:
    person = bad.said["hold"]["person"]  # type: ignore[attr-defined]
    path = f"/v1/persons/{person}"
    assert bad.get(f"{path}?purpose=visa", who="persons").body["person"]["name_ko"] == "이둘"
    assert bad.ask("DELETE", f"{path}?basis=PIPA+36", None, who="EU-BRU").status == 409
    assert bad.ask("DELETE", f"{path}/holds?law=PIPA", None, who="EU-BRU").status == 201
    assert bad.ask("DELETE", f"{path}?basis=PIPA+36", None, who="EU-BRU").status == 200


def test_a_repeat_of_what_it_rounded_up_is_the_same_entry(bad: Door) -> None:
    time = "2025-06-30T14:59:59.9999999Z"
    again = bad.post(opened("case:at-2025", f"at-{time}", time=time))
    assert (again.status, again.body["position"]) == (200, bad.said[f"time_{time}"])  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_credentials_that_were_issued_with_any_label_and_hub_open_and_are_revoked(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """0.1.0 recorded them as they came, and its own decoder did not read them again."""
    database = request.getfixturevalue("database") if kind == "postgres" else None
    folder, url = placed(kind, "sound", tmp_path / "data", database)
    made: list[dict[str, Any]] = [
        {"role": "auditor", "label": "x" * 300},
        {"role": "hub", "hub": "", "label": ""},
        {"role": "hub", "hub": "E U" * 100},
    ]
    tokens = [f"sagwan-{it['role']}-{n}" for n, it in enumerate(made)]
    with Journal.at(url or folder / "journal.db", write=True) as journal:
        last = journal.entry(journal.position)
        assert last
        for n, (it, token) in enumerate(zip(made, tokens, strict=True)):
            fact = CredentialIssued(digest=token_digest(token), **it)
            issued: Entry[Any] = replace(
                last.entry, stream=f"credential:c-old{n}", version=1, hub="", role="operator", fact=fact,
                source="sagwan", id=f"c-old{n}.issued",
            )  # fmt: skip
            named = identity_digests(identity_space("operator", "", "sagwan", "credential.issued"), "sagwan", issued.id)
            journal.entries.insert_events(
                [StoredEvent(issued.stream, 1, "credential.issued", encode_entry(issued))], digests=named
            )
    door = Door(folder, url)
    door.tokens = dict(answers()["sound"]["tokens"])
    listed = {it["id"]: it for it in door.get("/v1/tokens", who="operator").body["tokens"]}
    for n, (it, token) in enumerate(zip(made, tokens, strict=True)):
        assert listed[f"c-old{n}"]["label"] == it.get("label")
        assert door.get("/v1/events?limit=1", who=token).status == 200
        refused = door.post(opened("case:1", f"by-{n}"), who=token)
        assert (refused.status, refused.body["code"]) in ((403, "authority.role"), (403, "hub.unknown"))
        assert door.ask("DELETE", f"/v1/tokens/c-old{n}", None, who="operator").status == 204
        assert door.get("/v1/events?limit=1", who=token).status == 401
    position = door.get("/readyz").body["position"]
    assert door.get(f"/v1/views/audit_trail?after={position}", who="auditor").status == 200
    door.close()
