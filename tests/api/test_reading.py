"""What analysts and auditors get for what they ask."""

from __future__ import annotations

import csv
import io
import urllib.request

import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.api.door import Door, event, opened


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    it = Door(tmp_path_factory.mktemp("reading"))
    for n in range(5):
        it.post(opened(f"case:{n}", f"o{n}", topic="visa" if n else "tax"))
        it.post(event("case.resolved", f"case:{n}", f"r{n}", time="2025-03-04T10:00:00+01:00"))
    it.head = it.get("/readyz").body["position"]
    assert it.get(f"/v1/views/cases?after={it.head}").status == 200
    yield it
    it.close()


def test_a_view_says_the_position_it_is_as_of(door):
    answer = door.get(f"/v1/views/cases?after={door.head}")
    assert answer.headers["Sagwan-Position"] == str(answer.body["position"]) == str(door.head)
    assert {row["status"] for row in answer.body["rows"]} == {"resolved"}


def test_a_view_as_it_was_known_and_as_it_had_happened(door):
    known = door.get("/v1/views/cases?known=8").body["rows"]
    assert len(known) < 5
    valid = door.get("/v1/views/cases?valid=2025-03-03").body["rows"]
    assert [row["status"] for row in valid] == ["open"] * 5
    at = door.get("/v1/views/cases?known=2000-01-01T00:00:00Z").body["rows"]
    assert at == []


def test_a_table_comes_in_every_format(door):
    path = "/v1/views/cases?where=topic=tax"
    (row,) = csv.DictReader(io.StringIO(door.get(f"{path}&format=csv").raw.decode("utf-8-sig")))
    arrow = pa.ipc.open_stream(door.get(f"{path}&format=arrow").raw).read_all().to_pylist()
    parquet = pa.parquet.read_table(io.BytesIO(door.get(f"{path}&format=parquet").raw)).to_pylist()
    assert row["stream"] == arrow[0]["stream"] == parquet[0]["stream"] == "case:0"
    assert len(door.get(f"{path}&format=ndjson").raw.splitlines()) == 1
    assert door.get(path, Accept="text/csv").headers["Content-Type"].startswith("text/csv")


def test_a_figure_opens_into_its_events(door):
    figure = door.get("/v1/indicators/hd-01?by=hub,field&period=2025S1").body["rows"]
    assert {(row["field"], row["value"], row["evidence"]) for row in figure} == {("tax", 1, 1), ("visa", 4, 4)}
    behind = door.get("/v1/indicators/HD-01/evidence?where=field=visa").body["rows"]
    for row in behind:
        assert door.get(f"/v1/events/{row['position']}").body["entry"]["fact"]["topic"] == "visa"


def test_irregularities_are_listed_and_stand_beside_the_stream(door):
    rows = door.get("/v1/views/irregularities").body["rows"]
    assert {row["code"] for row in rows} == {"case.resolved_unanswered"}
    assert door.get("/v1/streams/case:1").body["irregularities"][0]["code"] == "case.resolved_unanswered"


def test_pages_follow_each_other_and_may_be_filtered(door):
    seen, path = [], "/v1/events?limit=4"
    while path:
        answer = door.get(path)
        seen += [row["position"] for row in answer.body["events"]]
        link = answer.headers.get("Link", "")
        path = link[link.index("/v1") : link.index(">")] if link else ""
    assert seen == list(range(1, door.head + 1))
    opened_ = door.get("/v1/events?type=case.opened&hub=EU-BRU").body["events"]
    assert {row["entry"]["fact"]["type"] for row in opened_} == {"case.opened"}
    assert len(door.get("/v1/events?stream=case:1", Accept="application/x-ndjson").raw.splitlines()) == 2


def test_live_events_resume_behind_the_last_one_seen(door):
    headers = {"Authorization": f"Bearer {door.tokens['analyst']}", "Last-Event-ID": str(door.head - 1)}
    with urllib.request.urlopen(urllib.request.Request(door.url + "/v1/events/live", headers=headers)) as live:
        assert live.headers["Content-Type"] == "text/event-stream"
        lines = [live.readline() for _ in range(4)]
    assert f"id: {door.head}\n".encode() in lines


def test_a_diff_names_the_figures_and_what_moved_them(door):
    found = door.get(f"/v1/diff?a={door.head - 1}&b={door.head}").body
    moved = {change["code"]: [it["position"] for it in change["movers"]] for change in found["changes"]}
    assert moved["HD-06"] == [door.head]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/nothing", 404),
        ("/v1/views/nothing", 404),
        ("/v1/indicators/XX-99", 404),
        ("/v1/events/999999", 404),
        ("/v1/streams/case:none", 404),
        ("/v1/streams/none", 404),
        ("/v1/views/cases?known=yesterday", 400),
        ("/v1/views/cases?known=999999", 422),
        ("/v1/views/cases?valid=2025-13-01", 400),
        ("/v1/views/cases?where=topic", 400),
        ("/v1/views/cases?where=nothing=1", 400),
        ("/v1/views/cases?format=doc", 400),
        ("/v1/indicators/HD-01?by=colour", 400),
        ("/v1/indicators/HD-01?where=colour=red", 400),
        ("/v1/events?limit=0", 400),
        ("/v1/events?after=-1", 400),
        ("/v1/views/cases?after=999999", 422),
    ],
)
def test_what_cannot_be_answered_says_why(door, path, status):
    answer = door.get(path)
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert answer.body["detail"]


def test_a_table_of_the_mirror_that_is_not_there_is_told_to_whoever_may_take_one(door):
    assert door.get("/v1/mirror/none", who="auditor").body["code"] == "mirror.no_table"
    assert door.get("/v1/mirror/event").status == 403


def test_another_method_is_told_those_there_are(door):
    answer = door.ask("PUT", "/v1/events", {}, who="analyst")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD, POST")


def test_health_needs_no_token(door):
    assert door.ask("GET", "/livez", None, who=None).status == 200
    assert door.ask("GET", "/readyz", None, who=None).body["status"] == "ready"


def test_figures_with_few_persons_behind_them_are_withheld_from_who_may_publish_them(door):
    rated = [event("case.satisfaction_rated", f"case:{n}", f"s{n}", {"score": 4}) for n in range(3)]
    position = door.post(rated).body["results"][-1]["position"]
    figure, table = f"/v1/indicators/HD-07?after={position}", f"/v1/views/hub_performance?after={position}"
    shown = {who: door.get(figure, who=who).body["rows"] for who in ("analyst", "auditor", "EU-BRU")}
    withheld = [{"value": None, "evidence": None, "missing": None, "suppressed": True}]
    assert shown == {"analyst": withheld, "auditor": [{"value": 4.0, "evidence": 3, "missing": 0}], "EU-BRU": withheld}
    own = door.get(f"{figure}&where=hub=EU-BRU", who="EU-BRU").body["rows"]
    assert own == [{"value": 4.0, "evidence": 3, "missing": 0}]
    assert door.get(f"{figure}&suppress=0").body["rows"] == withheld
    assert door.get(f"{figure}&suppress=5", who="auditor").body["rows"] == withheld
    for format_ in ("csv", "ndjson"):
        assert b"4" not in door.get(f"{figure}&format={format_}").raw
    rows = {row["hub"]: (row["hd_07"], row["suppressed"]) for row in door.get(table).body["rows"]}
    assert rows["EU-BRU"] == (None, ["hd_07"])
    assert door.get(f"{figure}&suppress=few").status == 400
