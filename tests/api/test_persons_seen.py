"""What is seen of single persons: by an analyst nothing but what editions publish, by a hub its own besides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from projections.definitions import INDICATORS
from projections.mirror.public_views import PUBLIC_VIEWS
from projections.suppression import follows
from tests.api.door import Door, event
from tests.api.half_year import taken
from tests.before.records import SECOND, answers, placed

PERSONS = [it.code for it in INDICATORS.values() if it.persons]
SLICES = ("hub", "ministry", "region", "field", "country")
EDITIONS = ("2025S1/1", "2025S1/2", "2025S2/1")


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A record with three editions, eight stays and seven ratings of two hubs."""
    folder, _ = placed("sqlite", "sound", tmp_path_factory.mktemp("seen") / "data", None, SECOND)
    it = Door(folder)
    it.tokens = dict(answers(SECOND)["sound"]["tokens"])
    it.last = it.get("/readyz").body["position"]
    figures = f"/v1/views/hub_performance?after={it.last}"
    assert any(it.get(figures).status == 200 for _ in range(9))  # on a busy machine they take longer than one waits
    yield it
    it.close()


def contents(door: Door, edition: str) -> dict[tuple[str, str | None, str | None], dict[str, Any]]:
    figures = door.get(f"/v1/editions/{edition}").body["content"]["figures"]
    return {(it["indicator"], it["by"], it["of"]): it for it in figures if it["indicator"] in PERSONS}


def told(door: Door, edition: str) -> dict[tuple[str, str | None, str | None], float]:
    """Every figure of persons that an analyst gets out of the indicators and `hub_performance` as of an edition."""
    period, found = edition.partition("/")[0], {}
    for code in PERSONS:
        base = f"/v1/indicators/{code}?known={edition}&period={period}"
        for by in (None, *SLICES):
            answer = door.get(base + (f"&by={by}" if by else ""))
            if answer.status == 400:  # the edition does not slice it so
                continue
            for row in answer.body["rows"]:
                found[code, by, row[by] if by else None] = row["value"]
                if by and row[by]:
                    (same,) = door.get(f"{base}&where={by}={row[by]}").body["rows"]
                    assert same["value"] == row["value"]
    for row in door.get(f"/v1/views/hub_performance?known={edition}").body["rows"]:
        for code in PERSONS:
            if (value := row[INDICATORS[code].column]) is not None:
                assert row["period"] == period
                assert found[code, "hub", row["hub"]] == value
    return {at: value for at, value in found.items() if value is not None}


@pytest.mark.parametrize("edition", EDITIONS)
def test_an_analyst_who_asks_everything_is_told_what_the_edition_publishes_and_no_secret_follows(door, edition):
    published, shown = contents(door, edition), told(door, edition)
    assert shown == {at: float(it["value"]) for at, it in published.items() if it.get("value") is not None}
    assert bool(shown) is (edition != "2025S2/1")  # nobody stayed or rated in that half-year
    sums = [
        [(code, None, None), *(at for at in published if at[0] == code and at[1] == by)]
        for code in ("EX-01", "EX-01I", "EX-01O")
        for by in ("hub", "ministry", "region")
    ]
    sums += [[at, ("EX-01I", *at[1:]), ("EX-01O", *at[1:])] for at in published if at[0] == "EX-01"]
    hidden = {at for line in sums for at in line} - shown.keys()
    secret = [at for at, it in published.items() if it.get("withheld") and not it.get("secondary") and at in hidden]
    assert [at for at in secret if follows(sums, {at: 1}, hidden)] == []


def test_of_now_the_view_of_all_tells_an_analyst_of_persons_what_the_current_editions_publish_and_which(door):
    rows = [row for row in door.get("/v1/views/control_tower").body["rows"] if row["persons"]]
    seen = set()
    for row in rows:
        if row["edition"] is None:
            assert (row["value"], row["why"]) == (None, "not_in_edition")
            continue
        of = (None, None) if row["level"] == "nation" else (row["level"], row["key"])
        one = contents(door, f"{row['period']}/{row['edition']}").get((row["code"], *of), {})
        told = float(one["value"]) if one.get("value") is not None else None
        assert row["value"] == told
        assert (row["why"] == "as_published") == (told is not None and not one.get("missing"))
        seen.add((row["period"], row["edition"], told is not None))
    assert ("2025S1", 2, True) in seen, "the edition that restates the first"
    named = door.get("/v1/views/control_tower?known=2025S1/1").body["rows"]
    assert {row["why"] for row in named if row["persons"]}.isdisjoint({"as_published"})


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_view_of_all_tells_an_analyst_of_persons_what_the_edition_publishes_and_nothing_beside_it(door, edition):
    published, period = contents(door, edition), edition.partition("/")[0]
    rows = door.get(f"/v1/views/control_tower?known={edition}").body["rows"]
    shown = {}
    for row in (row for row in rows if row["persons"]):
        assert {row[name] for name in ("previous", "change", "hubs_median", "share_of_nation")} == {None}
        if row["value"] is None:
            assert row["why"] is not None
            assert row["attained"] is None
        else:
            assert row["period"] == period
            by = None if row["level"] == "nation" else row["level"]
            shown[row["code"], by, by and row["key"]] = row["value"]
    levels = (None, "hub", "ministry", "region")
    assert shown == {
        at: float(it["value"]) for at, it in published.items() if at[1] in levels and it.get("value") is not None
    }


def test_the_view_of_all_withholds_at_every_level_together_for_who_asks_for_what_may_be_published(door):
    asked = "/v1/views/control_tower?where=period=2025S1&known=2025S1/1"
    (full, kept) = (door.get(asked + more, who="auditor").body["rows"] for more in ("", "&suppress=5"))
    published = contents(door, "2025S1/1")
    for row, cut in zip(full, kept, strict=True):
        if not row["persons"]:
            assert row == cut
        else:
            by = None if row["level"] == "nation" else row["level"]
            it = published.get((row["code"], by, by and row["key"]), {})
            assert (cut["why"] == "withheld") is it.get("withheld", False)
            assert cut["value"] == (None if it.get("withheld") else row["value"])


def test_a_hub_reads_its_own_rows_of_the_view_of_all_and_no_condition_tells_of_others(door):
    own = door.get("/v1/views/control_tower?where=hub=EU-BRU&where=code=EX-01&where=period=2025S1", who="EU-BRU")
    (row,) = own.body["rows"]
    assert row["evidence"] == 4
    assert (row["hubs_median"], row["share_of_nation"], row["hubs_with_value"]) == (None, None, None)
    for column in ("value", "why", "hubs_median", "previous"):
        for who in ("analyst", "AS-SIN"):
            answer = door.get(f"/v1/views/control_tower?where={column}=1.0", who=who)
            assert (answer.status, answer.body["code"]) == (403, "disclosure.in_editions")


@pytest.mark.parametrize("code", PERSONS)
def test_points_between_editions_other_slices_and_evidence_are_closed_to_an_analyst(door, code):
    base = f"/v1/indicators/{code}"
    for asked in (
        "?period=2025S1",
        "?by=hub,period",
        f"?period=2025S1&known={door.last}",
        f"?period=2025S1&known={door.last - 1}",
        "?period=2025S1&known=2025S1/1&valid=2025-03-01",
        "?period=2025S1&known=2025S1/1&fx=2025S1:1",
        "?period=2025S1&known=2025S1/1&suppress=6",
        "/evidence",
        "/evidence?known=2025S1/1&period=2025S1",
        "/evidence?format=tlog-proof",
    ):
        answer = door.get(base + asked)
        assert (answer.status, answer.body["code"]) == (403, "disclosure.in_editions"), asked
    for asked in ("?known=2025S1/1", "?known=2025S1/1&period=2025S2", "?known=2025S1/1&period=2025S1&by=hub,country"):
        assert door.get(base + asked).status == 400, asked


def test_an_analyst_meets_no_person_anywhere(door):
    entries = door.get("/v1/events?limit=10000", who="auditor").body["events"]
    closed = {
        row["position"]
        for row in entries
        if row["entry"]["stream"].startswith(("exchange:", "person:"))
        or row["entry"]["fact"]["type"] == "case.satisfaction_rated"
    }
    assert len(closed) > 30
    page = door.get("/v1/events?limit=10000")
    assert {row["position"] for row in page.body["events"]} == {row["position"] for row in entries} - closed - {
        row["position"] for row in entries if row["entry"]["stream"].startswith(("review:", "finding:"))
    }
    for at in sorted(closed)[:: len(closed) // 6]:
        for path in (f"/v1/events/{at}", f"/v1/log/proof?position={at}&event=true"):
            assert door.get(path).body["code"] == "authority.withheld"
    said = [page.raw, door.get(f"/v1/diff?a=1&b={door.last}").raw]
    said += [door.get(f"/v1/views/{name}").raw for name in PUBLIC_VIEWS]
    said += [door.get(f"/v1/checks/{period}/late").raw for period in ("2025S1", "2025S2")]
    said += [door.get("/v1/streams/case:rated-1").raw]
    for raw in said:
        for word in (b'"exchange:', b'"person:', b"p-guest", b"p-rater", b'"satisfaction_rated', b'"score":4'):
            assert word not in raw, (word, raw[:200])
    assert door.get("/v1/persons").status == 403


def test_scores_are_empty_for_others_and_the_answer_says_so(door):
    answer = door.get("/v1/views/cases")
    assert answer.headers["Sagwan-Withheld-Columns"] == "score, rated_by"
    assert answer.body["withheld_columns"] == ["score", "rated_by"]
    assert {(row["score"], row["rated_by"]) for row in answer.body["rows"]} == {(None, None)}
    assert door.get("/v1/views/cases?where=score=4").body["rows"] == []
    scores = {
        row["hub"]: row["score"] for row in door.get("/v1/views/cases", who="EU-BRU").body["rows"] if row["score"]
    }
    assert {*scores} == {"EU-BRU"}
    history = door.get("/v1/streams/case:rated-1")
    assert (history.body["withheld"], history.headers["Sagwan-Withheld"]) == (1, "1")
    assert history.body["state"]["score"] is None
    assert door.get("/v1/streams/case:rated-1", who="AS-SIN").body["state"]["score"] == 4


def test_a_correction_of_a_rating_is_as_closed_as_the_rating(door):
    row = next(
        row
        for row in door.get("/v1/events?type=case.satisfaction_rated", who="auditor").body["events"]
        if row["entry"]["hub"] == "EU-BRU"
    )
    stream = row["entry"]["stream"]
    void = event(
        "entry.voided", stream, "void-of-a-rating", {"entry": row["position"], "reason": "CLERICAL"}, time=None
    )
    at = taken(door.post(void)).body["position"]
    assert door.get(f"/v1/events/{at}").status == 403
    assert door.get(f"/v1/events/{at}", who="EU-BRU").status == 200
    assert str(at).encode() not in door.get(f"/v1/events?after={at - 1}").raw.replace(b'"position"', b"")[:80]


def test_a_hub_reads_its_own_persons_at_any_point_and_others_as_an_analyst(door):
    own = door.get("/v1/indicators/EX-01?period=2025S1&where=hub=EU-BRU", who="EU-BRU")
    assert (own.status, own.body["rows"][0]["evidence"]) == (200, 4)
    rows = door.get("/v1/indicators/EX-01/evidence?period=2025S1&where=hub=EU-BRU", who="EU-BRU").body["rows"]
    assert len(rows) == 4
    other = door.get("/v1/indicators/EX-01?period=2025S1&where=hub=AS-SIN", who="EU-BRU")
    assert (other.status, other.body["code"]) == (403, "disclosure.in_editions")
    stays = door.get("/v1/views/exchanges", who="EU-BRU").body
    assert ({row["hub"] for row in stays["rows"]}, stays["withheld"]) == ({"EU-BRU"}, 4)
    changes = door.get(f"/v1/diff?a=1&b={door.last}", who="EU-BRU").body
    assert {it["hub"] for it in changes["changes"] if it["code"] in PERSONS} == {"EU-BRU"}
    assert changes["untold"] == PERSONS
    assert {row["hub"] for row in door.get("/v1/views/persons", who="AS-SIN").body["rows"]} <= {"AS-SIN"}


def test_who_may_not_say_that_evidence_was_read_cannot_take_it_back_either(door):
    """In this record a hub once could: an operator sets it right by a correction."""
    read = answers(SECOND)["bad"]["accessed"]
    restated = {"entry": read, "reason": "CLERICAL", "data": {"by": "c-1", "purpose": "점검"}}
    for type_, data in (("entry.voided", {"entry": read, "reason": "CLERICAL"}), ("entry.corrected", restated)):
        for who in ("EU-BRU", "secretariat"):
            answer = door.post(event(type_, "evidence:e-1", f"{who}-{type_}", data, time=None), who=who)
            refused = "authority.not_yours" if answer.body["code"] == "authority.not_yours" else "authority.type"
            assert (answer.status, answer.body["code"]) in {(403, refused), (422, refused)}
    said = event("evidence.accessed", "evidence:e-1", "i-read", {"by": "c-2"})
    assert door.post(said).body["code"] == "authority.type"
    again = event("entry.voided", "evidence:e-1", "void-1", {"entry": read, "reason": "CLERICAL"}, time=None)
    assert door.post(again).status == 200  # what was recorded before the rule is the same again
    taken(door.post(event("entry.corrected", "evidence:e-1", "set-right", restated, time=None), who="operator"))
    position = door.get("/readyz").body["position"]
    (item,) = door.get(f"/v1/views/evidence_items?after={position}", who="auditor").body["rows"]
    assert item["accesses"] == 1


@pytest.mark.parametrize("known", ["", "&known=2025S1/1", "&known=120"])
def test_no_condition_on_a_figure_of_persons_tells_whether_a_guess_is_right(door, known):
    column = "hd_07"
    for row in door.get("/v1/views/hub_performance", who="auditor").body["rows"]:
        for guess in (row[column], 1.5):
            asked = f"/v1/views/hub_performance?where=hub={row['hub']}&where={column}={guess}{known}"
            others = ["analyst", *({"EU-BRU", "AS-SIN"} - {row["hub"]})]
            answers = [door.get(asked, who=who) for who in others]
            assert {(it.status, it.body["code"]) for it in answers} == {(403, "disclosure.in_editions")}
    whole = door.get("/v1/views/hub_performance?where=hub=EU-BRU&where=hd_01=11.0")
    assert [row["period"] for row in whole.body["rows"]] == ["2025S1"]


def test_an_act_of_another_is_refused_before_anything_is_computed_that_would_be_told(door):
    """The refusal of a sample lists what its query gave; that of a submission the digest of a hub's figures."""
    query = {"population": "SELECT score AS position FROM case_satisfaction_rated", "position": door.last}
    sample = query | {"seed": "a", "method": "sha256-rank", "size": 100}
    handed_in = {"figures_digest": "ab" * 32, "cutoff": door.get("/v1/checks/2025S1").body["position"]}
    for who, type_, subject, data, code in (
        ("EU-BRU", "review.sample_drawn", "review:2025S1-EU-BRU", sample, "review.not_yours"),
        ("EU-BRU", "review.sample_drawn", "review:2025S1-AS-SIN", sample, "authority.not_yours"),
        ("EU-BRU", "review.sample_drawn", "check:2025S1", sample, "authority.role"),
        ("operator", "review.sample_drawn", "check:2025S1", sample, "review.not_yours"),
        ("AS-SIN", "review.submission_made", "review:2025S1-EU-BRU", handed_in, "authority.not_yours"),
        ("operator", "review.submission_made", "review:2025S1-EU-BRU", handed_in, "authority.role"),
    ):
        answer = door.post(event(type_, subject, f"{who}-{type_}-{subject}", data, time=None), who=who)
        assert (answer.status, answer.body["code"]) in {(403, code), (422, code)}, answer.body
        assert not {"positions", "computed", "size"} & {*answer.body.get("facts", {})}


OFFICIALS: dict[str, dict[str, Any]] = {
    "official": {"hubs": ["EU-BRU"]},
    "official without persons": {"hubs": ["EU-BRU"], "withhold_persons": True},
    "official of a ministry": {"ministries": ["MSIT"]},
}


@pytest.fixture(scope="module")
def officials(door: Door) -> Door:
    for who, scope in OFFICIALS.items():
        wish = {"role": "official", "scope": scope, "label": who}
        door.tokens[who] = taken(door.ask("POST", "/v1/tokens", wish, who="operator")).body["token"]
    return door


def figures_of(door: Door, who: str) -> dict[tuple[str, str, str], Any]:
    """Every figure of persons by hub and half-year that somebody gets out of any question about now."""
    found = {}
    for code in PERSONS:
        for hub in ("EU-BRU", "AS-SIN"):
            for by in ("period", "period,country", "period,field"):
                answer = door.get(f"/v1/indicators/{code}?by={by}&where=hub={hub}", who=who)
                assert (answer.status, answer.body.get("code")) in {(200, code), (403, "disclosure.in_editions")}
                for row in answer.body.get("rows", ()) if by == "period" else ():
                    found[code, hub, row["period"]] = row["value"]
            for row in door.get(f"/v1/views/hub_performance?where=hub={hub}", who=who).body["rows"]:
                if (value := row[INDICATORS[code].column]) is not None:
                    assert found[code, hub, row["period"]] == value
        for more in ("", "?by=hub,period", "?where=hub=EU-BRU,AS-SIN", "?where=hub!=AS-SIN", "?where=ministry=MSIT"):
            answer = door.get(f"/v1/indicators/{code}{more}", who=who)
            if answer.status == 200:  # who reads both hubs reads them together
                assert more == "?where=hub=EU-BRU,AS-SIN", (who, more)
    return found


def test_a_ministrys_official_sees_full_figures_of_his_own_hubs_and_of_no_other(officials):
    """He asks all there is to ask: what he is told of persons is what his hubs are told of themselves."""
    everything = {
        (code, hub, row["period"]): row["value"]
        for code in PERSONS
        for row in officials.get(f"/v1/indicators/{code}?by=hub,period", who="auditor").body["rows"]
        for hub in [row["hub"]]
    }
    own = {at: value for at, value in everything.items() if at[1] == "EU-BRU"}
    assert own
    assert figures_of(officials, "official") == own == figures_of(officials, "EU-BRU")
    assert figures_of(officials, "official without persons") == {}
    assert figures_of(officials, "official of a ministry") == everything


def test_an_official_reads_stays_and_ratings_of_his_hubs_unless_persons_are_withheld(officials):
    for who, hubs in (
        ("official", {"EU-BRU"}),
        ("official without persons", set()),
        ("official of a ministry", {"EU-BRU", "AS-SIN"}),
    ):
        assert {row["hub"] for row in officials.get("/v1/views/exchanges", who=who).body["rows"]} == hubs, who
        persons = {row["hub"] for row in officials.get("/v1/views/persons", who=who).body["rows"]}
        assert persons == hubs & {"EU-BRU"}  # whose persons are recorded
        rated = officials.get("/v1/views/cases", who=who).body["rows"]
        assert {row["hub"] for row in rated if row["score"]} == hubs
        assert officials.get("/v1/persons", who=who).status == 403
        assert officials.post(event("case.opened", "case:x", "x", {"topic": "visa"}), who=who).status == 403


def test_who_reads_nothing_of_persons_is_told_no_digest_against_which_a_guess_could_be_tried(officials):
    """Digests of a hub's figures in full stand in its review, in the status of the check and in the record."""
    digests = {it["figures_digest"] for it in officials.get("/v1/checks/2025S1", who="auditor").body["hubs"]} - {None}
    digests |= {row["figures"] for row in officials.get("/v1/views/reviews", who="auditor").body["rows"]} - {None}
    assert digests
    paths = ["/v1/checks/2025S1", "/v1/checks/2025S1/figures", "/v1/checks/2025S1/figures?hub=EU-BRU"]
    paths += ["/v1/views/reviews", "/v1/events?limit=10000", "/v1/streams/review:2025S1-EU-BRU"]
    for path in paths:
        told = officials.get(path, who="official without persons").raw.decode()
        assert not {it for it in digests if it in told}, path
    own = officials.get("/v1/checks/2025S1", who="official").raw.decode()
    assert {it for it in digests if it in own}


def test_who_a_hub_belongs_to_now_decides_and_a_credential_reads_no_more_when_it_is_transferred(officials):
    assert officials.get("/v1/views/exchanges", who="official of a ministry").body["rows"]
    moved = event("hub.transferred", "hub:AS-SIN", "moved", {"ministry": "MOTIE"}, time="2026-06-30T00:00:00Z")
    taken(officials.post(moved, who="secretariat"))
    rows = officials.get("/v1/views/exchanges?known=2025S1/1", who="official of a ministry").body["rows"]
    assert {row["hub"] for row in rows} == {"EU-BRU"}
