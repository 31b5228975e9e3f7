"""What a server tells who watches it."""

from __future__ import annotations

from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as prometheus

from api.http.app import application
from tests.api.door import Door, opened

Samples = dict[tuple[str, tuple[str, ...]], float]
"""By name, and the values of the labels in the order of their names."""

OPENMETRICS = "application/openmetrics-text"


def watched(door: Door) -> Samples:
    answer = door.ask("GET", "/metrics", None, who=None, headers={"Accept": f"{OPENMETRICS}; version=1.0.0"})
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith(OPENMETRICS)
    families = openmetrics(answer.raw.decode())
    return {
        (it.name, tuple(it.labels.values())): it.value
        for family in families
        for it in family.samples
        if not it.name.endswith("_bucket")
    }


def test_events_are_counted_by_what_became_of_them_and_refusals_by_their_code(door: Door) -> None:
    before = watched(door)
    first = opened("case:watched-1", "watched-1")
    door.post([first, opened("case:watched-2", "watched-2"), opened("case:watched-3", "watched-3", topic="")])
    door.post(first)
    after = watched(door)

    def grown(name: str, *labels: str) -> float:
        return after.get((name, labels), 0) - before.get((name, labels), 0)

    assert grown("sagwan_events_total", "recorded") == 2
    assert grown("sagwan_events_total", "repeated") == 1
    assert grown("sagwan_position") == 2
    assert grown("sagwan_group_events_count") == 2
    assert grown("sagwan_group_events_sum") == 3
    assert grown("sagwan_commit_seconds_count") == 2


def test_problems_are_counted_by_their_code_and_answers_by_the_pattern_of_their_route(door: Door) -> None:
    before = watched(door)
    for n in range(3):
        assert door.get(f"/v1/streams/case:nobody-{n}").status == 404
    assert door.get("/v1/indicators/HD-99").status == 404
    assert door.get("/nowhere").status == 404
    after = watched(door)
    grown = {key: value - before.get(key, 0) for key, value in after.items() if value != before.get(key, 0)}
    assert sum(value for (name, _), value in grown.items() if name == "sagwan_problems_total") == 5
    assert grown["sagwan_http_answers_seconds_count", ("GET", "/v1/streams/{stream}", "404")] == 3
    assert grown["sagwan_http_answers_seconds_count", ("GET", "none", "404")] == 1
    assert not any("nobody" in label for _, labels in after for label in labels)


def test_each_series_is_told_once_however_many_applications_an_engine_has(door: Door) -> None:
    application(door.engine)
    text = door.ask("GET", "/metrics", None, who=None, headers={"Accept": OPENMETRICS}).raw.decode()
    assert text.count("# TYPE sagwan_position gauge") == 1


def test_it_says_how_far_tables_and_seal_are_and_who_works(door: Door) -> None:
    answer = door.post(opened("case:watched-9", "watched-9"))
    door.get(f"/v1/views/cases?after={answer.body['position']}")
    told = watched(door)
    assert told["sagwan_mirror_lag_entries", ()] == 0
    assert told["sagwan_seal_lag_entries", ()] >= 0
    up = {labels[0]: value for (name, labels), value in told.items() if name == "sagwan_worker_up"}
    assert up.keys() >= {"writer", "follower", "settler", "sealer"}
    assert {*up.values()} == {1}
    assert told["sagwan_waiting_events", ()] == 0
    assert told["sagwan_reads", ("long",)] == 0
    assert ("sagwan_witness_lag_entries", ()) not in told, "no witness is named"


def test_who_does_not_ask_for_openmetrics_gets_the_form_of_before(door: Door) -> None:
    answer = door.ask("GET", "/metrics", None, who=None, headers={"Accept": "*/*"})
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert {it.name for it in prometheus(answer.raw.decode())} >= {"sagwan_events", "sagwan_position"}
