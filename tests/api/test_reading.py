"""What analysts and auditors get for what they ask."""

from __future__ import annotations

import csv
import io
import urllib.request
from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.api.door import DESIGNATION, Door, event, opened


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    it = Door(tmp_path_factory.mktemp("reading"))
    for n in range(5):
        it.post(opened(f"case:{n}", f"o{n}", topic="visa" if n else "tax"))
        it.post(event("case.resolved", f"case:{n}", f"r{n}", time="2025-03-04T10:00:00+01:00"))
    it.head = it.get("/readyz").body["position"]
    assert it.get(f"/v1/views/hub_performance?after={it.head}").status == 200
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
    asked = door.get(path, Accept="text/csv")
    assert asked.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert asked.raw == door.get(f"{path}&format=csv").raw
    assert arrow[0]["opened_at"].utcoffset() == parquet[0]["opened_at"].utcoffset() == timedelta(0)
    assert row["opened_at"] == "2025-03-03T09:00:00.000000Z"


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


def test_a_feed_ends_with_its_token(door):
    ids = {it["id"] for it in door.get("/v1/tokens", who="operator").body["tokens"]}
    token = door.another("analyst")
    (mine,) = {it["id"] for it in door.get("/v1/tokens", who="operator").body["tokens"]} - ids
    request = urllib.request.Request(door.url + "/v1/events/live", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=30) as live:
        assert live.readline() == b"retry: 2000\n"
        assert door.ask("DELETE", f"/v1/tokens/{mine}", None, who="operator").status == 204
        door.head = door.post(opened("case:unheard", "unheard")).body["position"]
        said = live.read()
    assert b"event: ended" in said
    assert b"token.invalid" in said
    assert b"unheard" not in said
    assert b"credential.revoked" not in said


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
        ("/v1/events?after=999999", 422),
        ("/v1/events/live?after=999999", 422),
        ("/v1/events?limit=abc", 400),
        ("/v1/views/cases?where=hub=EU-BRU&where=hub=AS-SIN", 400),
        ("/v1/indicators/HD-01?by=hub,hub", 400),
        ("/v1/indicators/HD-01?period=2025S1&where=period=2024S2", 400),
        ("/v1/indicators/HD-01?period=2025H1", 400),
        ("/v1/editions/2025S3", 400),
        ("/v1/checks/first", 400),
        ("/v1/checks/2031S1", 404),
        ("/v1/diff?a=1", 400),
        ("/v1/diff?a=1&b=999999", 422),
        ("/v1/log/proof?to=3", 400),
        ("/v1/log/proof?position=1&event=yes", 400),
        ("/v1/log/checkpoint?witnessed=1", 400),
    ],
)
def test_what_cannot_be_answered_says_why(door, path, status):
    answer = door.get(path)
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert answer.body["detail"]


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("/v1/events?type=case.opend", "case.opened"),
        ("/v1/events?hub=EU-BRUU", "EU-BRU"),
        ("/v1/events?hub=as-sin", "AS-SIN"),
        ("/v1/events?stream=caes:1", "case"),
        ("/v1/events?format=ndjsn", "ndjson"),
        ("/v1/events?limt=3", "limit"),
        ("/v1/views/casess", "cases"),
        ("/v1/views/cases?where=topc=visa", "topic"),
        ("/v1/views/cases?where=hub=EU-BRX", "EU-BRU"),
        ("/v1/views/cases?where=status=opened", "open"),
        ("/v1/views/audit_trail?where=type=case.opend", "case.opened"),
        ("/v1/views/hubs?where=region=europe", "EUROPE"),
        ("/v1/views/cases?format=cvs", "csv"),
        ("/v1/indicators/HD-4", "HD-04"),
        ("/v1/indicators/HD-01?by=regin", "region"),
        ("/v1/indicators/HD-01?where=ministry=MSITT", "MSIT"),
        ("/v1/indicators/HD-01?where=hub=EUBRU", "EU-BRU"),
        ("/v1/indicators/HD-01/evidence?where=regio=ASIA", "region"),
        ("/v1/streams/caes:1", "case"),
        ("/v1/mirror/case_opend", "case_opened"),
        ("/v1/types/case.opend", "case.opened"),
        ("/v1/editions/2025S1/1.xslx", "xlsx"),
    ],
)
def test_an_unknown_word_is_an_error_that_names_the_nearest(door, path, near):
    answer = door.get(path, who="auditor")
    assert answer.status in (400, 404)
    assert near in answer.body["facts"]["did_you_mean"]
    assert f"did you mean {answer.body['facts']['did_you_mean'][0]}" in answer.body["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/events?hub=AS-SIN&type=case.opened",
        "/v1/events?stream=case:none",
        "/v1/views/cases?where=hub=AS-SIN",
        "/v1/views/cases?where=topic=none-has-it",
        "/v1/views/hub_performance?where=ministry=MOTIE",
        "/v1/views/cases?where=status=waiting",
        "/v1/views/hub_performance?where=period=2031S1",
        "/v1/indicators/HD-01?by=hub&period=2031S1",
        "/v1/editions/2031S1",
    ],
)
def test_a_known_word_that_nothing_has_yet_answers_with_nothing(door, path):
    answer = door.get(path)
    assert answer.status == 200
    assert [*answer.body.values()][-1] in ([], None)


def test_a_hub_is_known_as_soon_as_it_is_designated(door):
    """Though the tables may not have it yet, and though it was not known at an earlier point."""
    for n in range(20):
        act = event("hub.designated", f"hub:EU-N{n}", f"EU-N{n}", DESIGNATION)
        assert door.post(act, who="secretariat").status == 201
        assert door.get(f"/v1/views/cases?where=hub=EU-N{n}").body["rows"] == []
    door.head += 20
    assert door.get("/v1/views/cases?where=hub=EU-N1&known=1").body["rows"] == []


@pytest.mark.parametrize(
    ("id_", "status", "code"), [("999999", 422, "position.ahead"), ("abc", 400, "query.invalid"), ("٣", 400, None)]
)
def test_a_stream_is_not_resumed_behind_the_end_or_behind_no_number(door, id_, status, code):
    answer = door.get("/v1/events/live", **{"Last-Event-ID": id_.encode().decode("latin-1")})
    assert answer.status == status
    assert code in (None, answer.body["code"])
    if status == 422:
        assert answer.body["facts"] == {"position": 999999, "last": door.get("/readyz").body["position"]}
        assert str(answer.body["facts"]["last"]) in answer.body["detail"]


def test_the_end_itself_is_no_error(door):
    last = door.get("/readyz").body["position"]
    assert door.get(f"/v1/events?after={last}").body["events"] == []


@pytest.mark.parametrize(
    ("accept", "type_"),
    [
        ("*/*", "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
        ("text/csv, */*", "text/csv"),
        ("text/csv;q=0.1, application/json;q=0.5", "application/json"),
        ("application/vnd.apache.parquet, text/csv;q=0.9", "application/vnd.apache.parquet"),
        ("text/*", "text/csv"),
        ("application/json;q=0, */*;q=0.1", "application/x-ndjson"),
        ("application/vnd.ms-excel", None),
        ("text/html", None),
    ],
)
def test_accept_is_answered_by_what_is_wanted_most_or_told_what_there_is(door, accept, type_):
    answer = door.get("/v1/views/hubs", Accept=accept)
    if type_ is None:
        assert answer.status == 406
        assert "text/csv" in answer.body["facts"]["types"]
    else:
        assert answer.headers["Content-Type"].partition(";")[0] == type_


def test_a_diff_is_between_instants_too(door):
    found = door.get("/v1/diff?a=2000-01-01&b=2000-01-02T00:00:00Z").body
    assert (found["a"], found["b"]) == (0, 0)


def test_a_table_of_the_mirror_that_is_not_there_is_told_to_whoever_may_take_one(door):
    assert door.get("/v1/mirror/none", who="auditor").body["code"] == "mirror.no_table"
    assert door.get("/v1/mirror/event").status == 403


def test_another_method_is_told_those_there_are(door):
    answer = door.ask("PUT", "/v1/events", {}, who="analyst")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS, POST")


def test_health_needs_no_token(door):
    assert door.ask("GET", "/livez", None, who=None).status == 200
    assert door.ask("GET", "/readyz", None, who=None).body["status"] == "ready"


def test_figures_with_few_persons_behind_them_are_seen_by_who_keeps_the_record_and_by_the_hub_whose_they_are(door):
    rated = [event("case.satisfaction_rated", f"case:{n}", f"s{n}", {"score": 4}) for n in range(3)]
    position = door.post(rated).body["results"][-1]["position"]
    figure, table = f"/v1/indicators/HD-07?after={position}", f"/v1/views/hub_performance?after={position}"
    withheld = [{"value": None, "evidence": None, "missing": None, "suppressed": True}]
    assert door.get(figure, who="auditor").body["rows"] == [{"value": 4.0, "evidence": 3, "missing": 0}]
    for who in ("analyst", "EU-BRU"):
        for more in ("", "&suppress=0", "&format=csv", "&format=ndjson"):
            assert door.get(figure + more, who=who).body["code"] == "disclosure.in_editions"
    own = door.get(f"{figure}&where=hub=EU-BRU", who="EU-BRU").body["rows"]
    assert own == [{"value": 4.0, "evidence": 3, "missing": 0}]
    assert door.get(f"{figure}&suppress=5", who="auditor").body["rows"] == withheld
    rows = {row["hub"]: (row["hd_07"], row["suppressed"]) for row in door.get(table).body["rows"]}
    assert rows["EU-BRU"][0] is None
    assert "hd_07" in rows["EU-BRU"][1]
    assert door.get(f"{figure}&suppress=few").status == 400


def test_a_diff_compares_figures_of_persons_for_who_sees_all_of_them_and_names_them_for_others(door):
    posted = [event("case.satisfaction_rated", f"case:{n}", f"d{n}", {"score": 2}) for n in range(2)]
    last = door.post(posted).body["results"][-1]["position"]
    path = f"/v1/diff?a={last - 2}&b={last}"
    for who in ("auditor", "secretariat", "EU-BRU"):
        assert "HD-07" in {it["code"] for it in door.get(path, who=who).body["changes"]}, who
    for who in ("analyst", "AS-SIN"):
        found = door.get(path, who=who).body
        assert not {"HD-07", "HD-07R"} & {it["code"] for it in found["changes"]}, who
        assert "HD-07" in found["untold"]


@pytest.mark.parametrize(
    ("table", "condition", "near"),
    [
        ("cases", "severity=hihg", ["high"]),
        ("exchanges", "direction=INBOND", ["INBOUND"]),
        ("projects", "security_class=SECURE", ["SECURED"]),
        ("findings", "severity=HIHG", ["HIGH"]),
        ("irregularities", "code=case.worked_unopend", ["case.worked_unopened"]),
        ("targets", "code=HD-0", None),
    ],
)
def test_a_word_of_a_list_that_is_none_of_it_is_an_error_in_any_column(door, table, condition, near):
    answer = door.get(f"/v1/views/{table}?where={condition}")
    assert (answer.status, answer.body["code"]) == (400, "query.unknown_word")
    assert near is None or answer.body["facts"]["did_you_mean"][: len(near)] == near
    assert answer.body["facts"]["parameter"] == "where"


def test_a_text_is_no_formula_in_a_spreadsheet_unless_asked_for_raw(door):
    topic = '=HYPERLINK("http://x")'
    posted = door.post(opened("case:formula", "formula", topic=topic)).body["position"]
    done = event("case.resolved", "case:formula", "formula-r", time="2025-03-04T10:00:00+01:00")
    door.head = door.post(done).body["position"]
    path = f"/v1/views/cases?where=stream=case:formula&format=csv&after={posted}"
    for more, told in (("", f"'{topic}"), ("&raw=false", f"'{topic}"), ("&raw=true", topic)):
        (row,) = csv.DictReader(io.StringIO(door.get(path + more).raw.decode("utf-8-sig")))
        assert row["topic"] == told
    assert door.get(f"{path}&raw=yes").body["detail"] == "raw is true or false"
