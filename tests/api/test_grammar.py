"""One grammar wherever there are rows: conditions, order, columns, pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.door import Answer, Door, event, opened
from tests.api.test_redaction import until
from tests.api.test_visibility import OTHER, OWNER, filled
from tests.commands import command


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    it = Door(tmp_path_factory.mktemp("grammar") / "data")
    filled(it)
    for n, topic in enumerate(("visa", "tax", "visa, tax", "ip")):
        it.post(opened(f"case:t{n}", f"t{n}", topic=topic, time=f"2025-04-0{n + 1}T10:00:00+09:00"), who=OTHER)
    position = it.get("/readyz").body["position"]
    assert any(it.get(f"/v1/views/hub_performance?after={position}").status == 200 for _ in range(9))
    yield it
    it.close()


def rows(door: Door, path: str, who: str = "auditor") -> list[dict[str, Any]]:
    answer = door.get(path, who=who)
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = answer.body["rows"]
    return found


def topics(door: Door, *conditions: str) -> list[str]:
    """Of the cases opened in April, which were posted one a day."""
    where = "".join(f"&where={it}" for it in ("opened_at>=2025-04-01", *conditions))
    return [it["topic"] for it in rows(door, f"/v1/views/cases?order=opened_at{where}")]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("topic=visa", ["visa"]),
        ("topic=ip,visa", ["visa", "ip"]),
        ("topic=visa, tax", ["visa", "visa, tax"]),
        ("topic=visa\\, tax", ["visa, tax"]),
        ("topic!=visa", ["tax", "visa, tax", "ip"]),
        ("topic!=visa,tax", ["visa, tax", "ip"]),
        ("topic>=u", ["visa", "visa, tax"]),
        ("opened_at<2025-04-02", ["visa"]),
        ("opened_at<=2025-04-02", ["visa", "tax"]),
        ("opened_at>2025-04-03", ["ip"]),
        ("opened_at=2025-04-03", ["visa, tax"]),
        ("opened_at=2025-04-03T01:00:00Z", ["visa, tax"]),
        ("opened_at=2025-04-03 01:00:00", ["visa, tax"]),
        ("opened_at>2025-04-03T10:00:00+09:00", ["ip"]),
        (f"hub={OTHER},{OWNER}", ["visa", "tax", "visa, tax", "ip"]),
        (f"hub!={OTHER}", []),
    ],
)
def test_a_view_is_narrowed(door: Door, condition: str, found: list[str]) -> None:
    assert topics(door, condition.replace("+", "%2B").replace(" ", "%20")) == found


def test_conditions_on_a_column_hold_together_and_one_of_a_kind_is_said_once(door: Door) -> None:
    assert topics(door, "opened_at<2025-04-04", "topic!=visa") == ["tax", "visa, tax"]
    for twice in ("where=topic=visa&where=topic=tax", "where=opened_at>2025-04-01&where=opened_at>2025-04-02"):
        answer = door.get(f"/v1/views/cases?{twice}")
        assert (answer.status, answer.body["code"]) == (400, "query.invalid")


def test_figures_and_their_evidence_are_narrowed_as_views_are(door: Door) -> None:
    all_ = {it["hub"]: it["value"] for it in rows(door, "/v1/indicators/HD-01?by=hub")}
    assert {*all_} == {OWNER, OTHER}
    both = rows(door, f"/v1/indicators/HD-01?where=hub={OWNER},{OTHER}")
    assert both[0]["value"] == sum(all_.values())
    assert rows(door, f"/v1/indicators/HD-01?where=hub!={OWNER}")[0]["value"] == all_[OTHER]
    assert rows(door, "/v1/indicators/HD-01?where=period>=2025S2")[0]["value"] == 0
    assert rows(door, "/v1/indicators/HD-01?where=period>=2025S1")[0]["value"] == sum(all_.values())
    behind = "/v1/indicators/HD-01/evidence"
    every = rows(door, behind)
    middle = every[len(every) // 2]["position"]
    assert rows(door, f"{behind}?where=position>{middle}") == [it for it in every if it["position"] > middle]
    assert rows(door, f"{behind}?where=occurred_at>=2025-04-01&where=hub={OTHER}") == [
        it for it in every if it["occurred_at"] >= "2025-03-31T15:00:00" and it["hub"] == OTHER
    ]


def test_figures_are_narrowed_by_what_they_say(door: Door) -> None:
    asked = "/v1/indicators/HD-01?by=hub,period"
    every = rows(door, asked)
    most = max(it["value"] for it in every)
    assert {it["value"] for it in every} != {most}
    for said, kept in (
        (f"value>={most}", lambda it: it["value"] == most),
        (f"value={most}", lambda it: it["value"] == most),
        (f"value={int(most)},0", lambda it: it["value"] == most),
        (f"value!={int(most)}", lambda it: it["value"] != most),
        (f"value<{most}&where=hub={OTHER}", lambda it: it["value"] < most and it["hub"] == OTHER),
        ("target=1", lambda it: it["target"] == 1),
        ("missing>0", lambda it: it["missing"] > 0),
    ):
        assert rows(door, f"{asked}&where={said}") == [it for it in every if kept(it)], said
    tower = [it for it in rows(door, "/v1/views/control_tower?where=code=HD-01") if it["value"] is not None]
    assert rows(door, "/v1/views/control_tower?where=code=HD-01&where=value>1") == [
        it for it in tower if it["value"] > 1
    ]
    for condition, code in (
        ("value=x", "query.invalid"),
        ("value>x", "query.invalid"),
        ("valu=1", "query.unknown_word"),
    ):
        answer = door.get(f"{asked}&where={condition}", who="auditor")
        assert (answer.status, answer.body["code"]) == (400, code)
    assert "value" in answer.body["facts"]["did_you_mean"]


def test_no_condition_on_figures_tells_one_that_is_withheld(door: Door) -> None:
    asked = "/v1/indicators/HD-07?by=hub&suppress=5"
    hidden = [it for it in rows(door, asked) if it["suppressed"]]
    assert hidden
    for condition in ("value>=0", "value<=999", "evidence>=0", "evidence=1,2,3,4"):
        assert not [it for it in rows(door, f"{asked}&where={condition}") if it["suppressed"]]
    assert rows(door, f"{asked}&where=suppressed=true") == hidden
    answer = door.get("/v1/views/control_tower?where=value>3")
    assert (answer.status, answer.body["code"]) == (403, "disclosure.in_editions")


def test_rows_come_in_the_order_asked_for_with_the_columns_asked_for(door: Door) -> None:
    cases = rows(door, "/v1/views/cases?order=-opened_at,stream&fields=stream,opened_at")
    assert {*cases[0]} == {"stream", "opened_at"}
    by_stream = sorted(cases, key=lambda it: str(it["stream"]))
    assert cases == sorted(by_stream, key=lambda it: it["opened_at"] or "", reverse=True)
    # What has no value comes last, whichever way.
    for way in ("", "-"):
        targets = [it["target"] for it in rows(door, f"/v1/indicators/HD-01?by=hub,period&order={way}target")]
        assert targets == sorted(targets, key=lambda it: it is None)
    figures = rows(door, "/v1/indicators/HD-01?by=hub&order=-value&fields=value,hub")
    assert [[*it] for it in figures] == [["value", "hub"]] * 2
    assert figures[0]["value"] >= figures[1]["value"]


@pytest.mark.parametrize("path", ["/v1/views/cases", "/v1/indicators/HD-01?by=hub", "/v1/indicators/HD-01/evidence"])
@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("order=hubb", "hub"),
        ("fields=hubb", "hub"),
        ("where=hubb=x", "hub"),
        ("where=hub!=EU-BRX", "EU-BRU"),
        ("where=hub=EU-BRU,AS-SIM", "AS-SIN"),
    ],
)
def test_the_same_mistake_is_told_in_the_same_way_everywhere(door: Door, path: str, wrong: str, near: str) -> None:
    answer = door.get(f"{path}{'&' if '?' in path else '?'}{wrong}")
    assert (answer.status, answer.body["code"]) == (400, "query.unknown_word")
    assert near in answer.body["facts"]["did_you_mean"]
    assert answer.body["facts"]["parameter"] == wrong.partition("=")[0]


@pytest.mark.parametrize(
    "wrong",
    [
        "limit=0",
        "limit=10001",
        "limit=x",
        "order=hub,hub",
        "order=hub,-hub",
        "fields=hub,hub",
        "order=hub,,topic",
        "order=",
        "fields=,hub",
        "fields=hub,",
        "order=clocks",
        "where=opened_at>yesterday",
        "where=clocks>1",
        "where=score=x",
        "where=hub",
        "cursor=x",
        "cursor=W10",
    ],
)
def test_what_cannot_be_read_is_refused(door: Door, wrong: str) -> None:
    assert door.get(f"/v1/views/cases?{wrong}").status == 400


def test_names_with_nothing_between_commas_are_refused(door: Door) -> None:
    for path in ("/v1/indicators/HD-01?by=hub,,period", "/v1/indicators/HD-01?by=", "/v1/events?fields=fact,,stream"):
        answer = door.get(path)
        assert (answer.status, answer.body["code"]) == (400, "query.invalid"), path
        assert "empty name" in answer.body["detail"]


def pages(door: Door, path: str, who: str = "auditor") -> Iterator[Answer]:
    while path:
        answer = door.get(path, who=who)
        assert answer.status == 200, answer.body
        yield answer
        link = answer.headers.get("Link", "")
        assert not link or link.endswith('>; rel="next"')
        path = link[link.index("/v1") : link.index(">")] if link else ""


@pytest.mark.parametrize("who", ["auditor", OTHER])
@pytest.mark.parametrize(
    "path",
    [
        "/v1/views/cases?order=-opened_at&limit=4",
        "/v1/views/projects?limit=1",
        "/v1/views/control_tower?where=code=HD-01&limit=7",
        "/v1/indicators/HD-01/evidence?limit=3&fields=position,hub",
        "/v1/indicators/HD-01?by=hub,field&limit=1&order=field",
        "/v1/views/cases?known=60&limit=2",
    ],
)
def test_pages_are_all_of_one_state_though_the_record_goes_on(door: Door, path: str, who: str) -> None:
    position = door.get("/readyz").body["position"]
    assert door.get(f"/v1/views/cases?after={position}").status == 200
    whole = door.get(re.sub(r"limit=\d+", "limit=10000", path), who=who)
    found, seen = [], []
    for n, page in enumerate(pages(door, path, who)):
        found += page.body["rows"]
        seen.append((page.body["position"], page.headers["Sagwan-Position"]))
        assert (page.body["next"] is None) == ("Link" not in page.headers)
        door.post(opened(f"case:{who}-{hash(path)}-{n}", f"{who}-{path}-{n}", time="2025-03-01T00:00:00Z"))
        if n == 0:
            position = door.get("/readyz").body["position"]
            assert door.get(f"/v1/views/cases?after={position}").status == 200
    assert found == whole.body["rows"]
    assert len({*seen}) == 1
    assert len(seen) > 1


def test_a_cursor_of_another_question_or_another_credential_is_refused(door: Door) -> None:
    next_ = door.get("/v1/views/cases?limit=2", who="auditor").body["next"]
    for path, who in (
        ("/v1/views/cases?where=hub=EU-BRU&limit=2", "auditor"),
        ("/v1/views/cases?order=topic&limit=2", "auditor"),
        ("/v1/views/projects?limit=2", "auditor"),
        ("/v1/views/cases?limit=2", "analyst"),
        ("/v1/views/cases?limit=2", OTHER),
    ):
        answer = door.get(f"{path}&cursor={next_}", who=who)
        assert (answer.status, answer.body["code"]) == (400, "cursor.other_question"), path
    assert door.get(f"/v1/views/cases?limit=9&cursor={next_}", who="auditor").status == 200
    assert door.get(f"/v1/views/cases?cursor={next_}&format=csv", who="auditor").status == 200


def test_proofs_are_not_of_a_page(door: Door) -> None:
    for said in ("limit=1", "order=position", "fields=position"):
        answer = door.get(f"/v1/indicators/HD-01/evidence?format=tlog-proof&{said}", who="auditor")
        assert (answer.status, answer.body["code"]) == (400, "query.invalid")


def test_conditions_tell_no_figure_of_persons_and_no_withheld_row(door: Door) -> None:
    for said in ("where=hd_07>1", "where=hd_07!=3", "where=hd_07=1,2"):
        answer = door.get(f"/v1/views/hub_performance?{said}")
        assert (answer.status, answer.body["code"]) == (403, "disclosure.in_editions")
    # A list with one's own hub in it is not one's own.
    for said in (f"where=hub={OWNER},{OTHER}", f"where=hub!={OTHER}", f"where=hub>={OWNER}"):
        answer = door.get(f"/v1/indicators/EX-01?{said}", who=OWNER)
        assert answer.body.get("code") == "disclosure.in_editions"
    assert door.get(f"/v1/indicators/EX-01?where=hub={OWNER}", who=OWNER).status == 200
    # Rows that are withheld are counted whatever stands in them.
    behind = "/v1/indicators/JR-01/evidence"
    told = {
        door.get(f"{behind}{said}").headers.get("Sagwan-Withheld")
        for said in ("", "?where=position>0", "?where=position<0", "?where=stream=project:P-SECURED", "?where=amount=1")
    }
    assert len(told) == 1
    shown = rows(door, "/v1/views/hub_performance?order=hd_07&limit=5", who="analyst")
    assert all(it["hd_07"] is None for it in shown)


def test_after_a_redaction_no_page_goes_on(tmp_path: Path) -> None:
    door = Door(tmp_path / "data")
    stay = {"purpose": "SECRET", "direction": "INBOUND", "country": "DE"}
    for n in range(3):
        position = door.post(event("exchange.nominated", f"exchange:{n}", f"{n}", stay)).body["position"]
    path = f"/v1/views/exchanges?after={position}&limit=1"
    next_ = door.get(path, who="auditor").body["next"]
    act = {"entry": position, "fields": ["purpose"], "basis": "PIPA 36"}
    gone = event("entry.redacted", "exchange:2", "r", act, time=None)
    last = door.post(gone, who="secretariat").body["position"]
    until(lambda: door.get(f"/v1/views/exchanges?after={last}", who="auditor").status == 200)
    answer = door.get(f"{path}&cursor={next_}", who="auditor")
    assert (answer.status, answer.body["code"]) == (410, "cursor.gone")
    assert "redacted" in answer.body["detail"]
    door.close()


@pytest.mark.parametrize("served", [True, False])
def test_entries_are_asked_for_in_the_terminal(door: Door, tmp_path: Path, served: bool) -> None:
    place: tuple[str, ...] = ("--url", door.url, "--token", door.tokens["auditor"])
    source = door
    if not served:
        source = Door(tmp_path / "data")
        for n in range(4):
            source.post(opened(f"case:t{n}", f"{n}"))
        place = ("--data", str(tmp_path / "data"))
    kinds = "kind=case&type=case.opened,case.resolved&where=stream!=case:t2"
    pages = {
        name: source.get(f"/v1/events?{kinds}&order=-position&limit=2&format={name}", who="auditor")
        for name in ("json", "ndjson", "cloudevents")
    }
    if not served:
        source.close()
    asked = ("events", "--kind", "case", "--type", "case.opened,case.resolved", "--where", "stream!=case:t2")
    page = (*asked, "--order", "-position", "--limit", "2", *place)
    for name, answer in pages.items():
        done = command(*page, "--format", name)
        assert (done.returncode, done.stdout.rstrip("\n").encode()) == (0, answer.raw.rstrip(b"\n")), name
        assert f"--before {pages['json'].body['next']}" in done.stderr
    assert command(*page, "-o", tmp_path / "found").returncode == 0
    assert (tmp_path / "found").read_bytes() == pages["ndjson"].raw
    table = command(*page)
    for it in pages["json"].body["events"]:
        assert f"{it['position']}" in table.stdout
        assert it["entry"]["fact"]["type"] in table.stdout
    older = command(*page, "--before", pages["json"].body["next"], "--fields", "stream", "--format", "ndjson")
    assert all(
        re.fullmatch(r'{"position":\d+,"entry":{"stream":"case:[^"]+"}}', it) for it in older.stdout.splitlines()
    )
    assert len(older.stdout.splitlines()) == (2 if served else 1)
    for wrong in (("--type", "case.openned"), ("--format", "csv"), ("--fields", "fact", "--format", "cloudevents")):
        done = command("events", *wrong, *place)
        assert (done.returncode, done.stdout) == (1, ""), wrong


@pytest.mark.parametrize("served", [True, False])
def test_commands_ask_in_the_same_words(door: Door, tmp_path: Path, served: bool) -> None:
    if served:
        place: tuple[str, ...] = ("--url", door.url, "--token", door.tokens["auditor"])
    else:
        other = Door(tmp_path / "data")
        for n in range(3):
            other.post(opened(f"case:{n}", f"{n}", topic="visa"))
        other.close()
        place = ("--data", str(tmp_path / "data"))
    asked = ("query", "cases", "--order", "-stream", "--fields", "stream,topic", "--limit", "2", "--format", "csv")
    done = command(*asked, "--where", "opened_at>=2025-03-01", *place)
    lines = done.stdout.lstrip("\ufeff").splitlines()
    assert lines[0].replace('"', "") == "stream,topic"
    assert len(lines) == 3
    cursor = done.stderr.rpartition("--cursor ")[2].split()[0]
    more = command(*asked, "--where", "opened_at>=2025-03-01", "--cursor", cursor, *place)
    assert more.stdout.splitlines()[1:] != lines[1:]
    assert more.returncode == 0
