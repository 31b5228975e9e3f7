"""Redaction and the check of free text as hubs, the secretariat and readers meet them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from api.reader import RecordReader
from domain import redaction
from journal.store.journal import Journal
from journal.store.redaction import carry_out
from replay.editions.reproduction import reproduce
from tests.api.door import Door, event, opened
from tests.api.half_year import HalfYear, taken
from tests.commands import Done, command

SECRET = "the-neighbour-of-the-minister"
SECRETS = {"purpose": SECRET, "to_org": SECRET, "direction": "INBOUND", "country": "DE"}


def nominated(id_: str, **data):
    return event("exchange.nominated", "exchange:1", id_, SECRETS | data)


def redacted(position: int, *fields: str, id_: str = "r", **data):
    content = {"entry": position, "fields": fields, "basis": "PIPA 36"} | data
    return event("entry.redacted", "exchange:1", id_, content, time=None)


def told(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file() and SECRET.encode() in path.read_bytes())


def until(condition) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


def sagwan(door: Door, *arguments: str, who: str = "secretariat") -> Done:
    return command(*arguments, "--data", door.path, "--token", door.tokens[who])


@pytest.fixture(params=["sqlite", "postgres"])
def anywhere(request, tmp_path):
    it = Door(tmp_path / "data", request.getfixturevalue("database") if request.param == "postgres" else None)
    yield it
    it.close()


def test_content_that_the_law_wants_gone_is_gone_from_every_file_and_every_answer(anywhere):
    door = anywhere
    position = door.post(nominated("1")).body["position"]
    figures = f"/v1/views/hub_performance?after={position}"
    before = door.get(figures, who="auditor").body["rows"]
    assert SECRET.encode() in door.get("/v1/streams/exchange:1", who="auditor").raw
    assert told(door.path)
    answer = door.post(redacted(position, "purpose", "to_org"), who="secretariat")
    assert (answer.status, answer.body["stream"]) == (201, "exchange:1")
    until(lambda: told(door.path) == [])
    assert (
        SECRET.encode()
        not in door.get("/v1/streams/exchange:1", who="auditor").raw
        + door.get("/v1/events?limit=100", who="auditor").raw
    )
    history = door.get(f"/v1/streams/exchange:1?after={answer.body['position']}", who="auditor").body["history"]
    assert list(history[0]["entry"]["redacted"]) == ["digest"]
    assert history[0]["entry"]["fact"] == {"type": "exchange.nominated", "direction": "INBOUND", "country": "DE"}
    assert history[0]["holds"]
    assert history[1]["entry"]["fact"]["fields"] == ["purpose", "to_org"]
    trail = door.get("/v1/views/audit_trail", who="auditor").body["rows"]
    assert [row["position"] for row in trail if row["redacted"]] == [position]
    assert door.get(figures, who="auditor").body["rows"] == before
    again = door.post(nominated("1"))
    assert (again.status, again.body["position"]) == (200, position)
    assert told(door.path) == []


def test_a_redaction_from_the_terminal_and_a_verification_behind_it(door):
    position = door.post(nominated("1")).body["position"]
    call = ("redact", str(position), "--field", "purpose", "--field", "to_org", "--basis", "PIPA 36")
    done = sagwan(door, *call)
    assert (done.returncode, "destroyed" in done.stdout) == (0, True), done.output
    assert "duplicate" in sagwan(door, *call).stdout
    until(lambda: told(door.path) == [])
    assert sagwan(door, "verify").returncode == 0
    refused = sagwan(door, "redact", str(position), "--field", "country", "--basis", "PIPA 36")
    assert (refused.returncode, "figures rest on it" in refused.output) == (1, True)


def test_content_that_is_destroyed_while_somebody_verifies_is_no_difference(door):
    position = door.post(nominated("1")).body["position"]
    asked: list[int] = []

    def destroy_meanwhile(what, done, _):
        if what == "reading the record" and done >= position and not asked:
            asked.append(door.post(redacted(position, "purpose", "to_org"), who="secretariat").status)
            until(lambda: told(door.path) == [])

    report = RecordReader(door.path, door.url, door.tokens["secretariat"]).verify(destroy_meanwhile)
    assert (asked, report.differences, report.position) == ([201], [], door.engine.journal.position)


@pytest.mark.parametrize("who", ["EU-BRU", "operator", "auditor", "analyst"])
def test_only_the_secretariat_redacts(door, who):
    position = door.post(nominated("1")).body["position"]
    answer = door.post(redacted(position, "purpose"), who=who)
    assert (answer.status, answer.body["code"]) == (403, "authority.role")


def test_what_remains_is_not_for_the_caller_to_say(door):
    position = door.post(nominated("1")).body["position"]
    answer = door.post(redacted(position, "purpose", remains="0" * 64), who="secretariat")
    assert (answer.status, answer.body["facts"]["path"]) == (400, "$.data.remains")
    left = door.post(redacted(position, "purpose", editions={"ab" * 32: "cd" * 32}), who="secretariat")
    assert (left.status, left.body["facts"]["path"]) == (400, "$.data.editions")


def test_an_act_of_redaction_is_neither_corrected_nor_voided(door):
    position = door.post(nominated("1")).body["position"]
    act = door.post(redacted(position, "purpose"), who="secretariat").body["position"]
    void = event("entry.voided", "exchange:1", "v", {"entry": act, "reason": "CLERICAL"})
    data = {"entry": position, "fields": ["purpose"], "basis": "b"}
    correction = event("entry.corrected", "exchange:1", "c", {"entry": act, "reason": "CLERICAL", "data": data})
    assert [door.post(it).body["code"] for it in (void, correction)] == ["entry.not_an_original"] * 2


def test_a_text_that_finds_a_person_is_refused_by_its_rule_for_its_caller_alone(door):
    phone, number = "010-2345-6789", "900101-1234568"
    batch = [
        opened("case:1", "1"),
        event("case.resolved", "case:1", "2", {"resolution": f"call {phone}"}),
        event("case.reopened", "case:1", "3", {"why": "once more"}),
        event("case.resolved", "case:1", "4", {"resolution": number}),
    ]
    answer = door.post(batch)
    assert (answer.status, answer.body["recorded"], answer.body["refused"]) == (207, 2, 2)
    told = [it["problem"] for it in answer.body["results"] if it["status"] == "refused"]
    assert [(it["status"], it["code"]) for it in told] == [
        (422, "freetext.phone_number"),
        (422, "freetext.resident_number"),
    ]
    assert told[0]["facts"] == {"path": "$.data.resolution"}
    assert phone.encode() not in answer.raw
    assert number.encode() not in answer.raw


def test_a_correction_is_looked_at_too(door):
    position = door.post(event("case.resolved", "case:1", "1")).body["position"]
    data = {"entry": position, "reason": "CLERICAL", "data": {"resolution": "mail jane@uni-bonn.de"}}
    answer = door.post(event("entry.corrected", "case:1", "2", data))
    assert (answer.status, answer.body["code"]) == (422, "freetext.e_mail")
    assert answer.body["facts"] == {"path": "$.data.data.resolution"}


def test_a_slice_that_the_law_wants_gone_is_gone_from_what_an_edition_says(anywhere):
    door = anywhere
    half = HalfYear(door)
    title = {"title_ko": "양자 센서", "fields": [SECRET, "NST12/QUANTUM"]}
    at = {"time": "2025-02-03T09:00:00Z"}
    proposed = door.post(event("project.proposed", "project:1", "p", title, **at)).body["position"]
    taken(door.post(event("project.launched", "project:1", "l", {"on": "2025-02-03"}, **at)))
    edition = half.run()
    sliced = [it for it in edition["content"]["figures"] if it["of"] == SECRET]
    assert [it["indicator"] for it in sliced] == ["JR-01"]
    assert SECRET.encode() in door.get("/v1/editions/2025S1/1").raw
    act = {"entry": proposed, "fields": ["fields"], "basis": "PIPA 36"}
    taken(door.post(event("entry.redacted", "project:1", "r", act, time=None), who="secretariat"))
    until(lambda: told(door.path) == [])
    left = door.get("/v1/editions/2025S1/1").body
    assert (left["digest"], left["redacted"]) == (edition["digest"], True)
    figures = [it | {"of": "[redacted]"} if it["of"] == SECRET else it for it in edition["content"]["figures"]]
    assert left["content"] == edition["content"] | {"figures": figures}
    for form in (".json", ".html", ".xlsx"):
        assert SECRET.encode() not in door.get(f"/v1/editions/2025S1/1{form}").raw
    with Journal.at(door.database or door.path / "journal.db") as journal:
        made = reproduce(journal, "2025S1", 1)
    assert (made.same, made.made == made.left, made.differing) == (True, True, ())
    listed = door.post(event("entry.redacted", "project:1", "r2", act, time=None), who="secretariat")
    assert listed.status == 422, "nothing is left to destroy"


def test_what_figures_count_by_now_is_named_by_no_new_act_and_an_act_of_before_stands(
    anywhere: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = anywhere
    linked = event("hub.linked", "hub:EU-BRU", "linked", {"other_centre": SECRET, "scope": f"with {SECRET}"})
    position = taken(door.post(linked, who="secretariat")).body["position"]

    def act(id_: str, field: str) -> dict[str, Any]:
        content = {"entry": position, "fields": [field], "basis": "PIPA 36"}
        return event("entry.redacted", "hub:EU-BRU", id_, content, time=None)

    refused = door.post(act("now", "other_centre"), who="secretariat")
    assert (refused.status, refused.body["code"]) == (422, "redaction.not_text")
    with monkeypatch.context() as before:
        before.setattr(redaction, "COUNTED", frozenset())
        taken(door.post(act("then", "other_centre"), who="secretariat"))
    taken(door.post(act("scope", "scope"), who="secretariat"))
    until(lambda: told(door.path) == [])
    with Journal.at(door.database or door.path / "journal.db") as journal:
        row = journal.entry(position)
        assert row
        assert (row.entry.fact.other_centre, row.entry.fact.scope) == ("[redacted]", "[redacted]")
        carry_out(journal.entries)
