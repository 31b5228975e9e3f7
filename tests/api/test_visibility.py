"""Who reads what: every route, asked by every role, by the hub itself and by another, of every class."""

from __future__ import annotations

import base64
import http.client
import io
import re
import zipfile
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from api.http import events
from api.http.app import application
from api.reads import catalogue
from projections.mirror.public_views import PUBLIC_VIEWS
from tests.api.door import DESIGNATION, Door, event
from tests.api.half_year import HalfYear, taken

OWNER, SHARES, OTHER = "EU-BRU", "AM-NYC", "AS-SIN"
HOUSE = ("auditor", "secretariat", "operator")
ENERGY, NARROW, IN_PART = "official of MOTIE", "official of a hub", "auditor of a scope"
SCOPES: dict[str, dict[str, Any]] = {
    ENERGY: {"role": "official", "scope": {"ministries": ["MOTIE"]}},
    NARROW: {
        "role": "official",
        "scope": {"hubs": [OWNER], "classes": ["SENSITIVE"], "withhold_persons": True},
    },
    IN_PART: {"role": "auditor", "scope": {"classes": ["SENSITIVE"], "withhold_persons": True}},
}
"""MOTIE has the hub with the shares: of it everything but secured and sensitive projects. The others: nothing of
persons, of one hub and of every one."""

EVERYBODY = (OWNER, SHARES, OTHER, "analyst", *SCOPES, *HOUSE)
MAY = {
    "TITLE-SECURED": (OWNER, SHARES, *HOUSE),
    "TITLE-SENSITIVE": (OWNER, SHARES, NARROW, IN_PART, *HOUSE),
    "TITLE-GENERAL": EVERYBODY,
    "TITLE-OPENED": EVERYBODY,
    "STAY-SECURED": (OWNER, SHARES, *HOUSE),
    "STAY-GENERAL": (OWNER, SHARES, ENERGY, *HOUSE),
    "CONDITION-FOUND": (OWNER, NARROW, IN_PART, *HOUSE),
    "ANSWER-FOUND": (OWNER, NARROW, IN_PART, *HOUSE),
    "REASON-DECLINED": (OWNER, SHARES, ENERGY, NARROW, IN_PART, *HOUSE),
    f"AND hub = '{OWNER}'": (OWNER, NARROW, IN_PART, *HOUSE),
    "project:P-SECURED": (OWNER, SHARES, *HOUSE),
    "exchange:X-SECURED": (OWNER, SHARES, *HOUSE),
    "exchange:X-GENERAL": (OWNER, SHARES, ENERGY, *HOUSE),
    "p-000000000000000000000001": (OWNER, *HOUSE),
    f"finding:2025S1-{OWNER}-1": (OWNER, NARROW, IN_PART, *HOUSE),
}
"""What stands in the record or is the name of a stream, and who may read it."""

WRITES = "it answers with what was posted, or with nothing of other streams"
NOTHING = "it says nothing of the record's streams"
OPERATOR = "an operator's"
FEED = "/v1/events/live?after=0"
OWN_WORK = "what the same credential asked for, tests/api/test_long_answers.py"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    it = Door(tmp_path_factory.mktemp("visibility") / "data")
    filled(it)
    with pytest.MonkeyPatch.context() as patch:  # a filtered feed whose last entry is not for somebody says so then
        patch.setattr(events, "KEEP_ALIVE_SECONDS", 0.3)
        yield it
    it.close()


def filled(it: Door) -> None:
    """Something of every class and kind, a half-year checked and published; `last` and `closed` say where."""
    taken(it.post(event("hub.designated", f"hub:{SHARES}", SHARES, DESIGNATION), who="secretariat"))
    it.tokens[SHARES] = it.another("hub", SHARES)
    taken(it.post(event("hub.transferred", f"hub:{SHARES}", "energy", {"ministry": "MOTIE"}), who="secretariat"))
    for who, wish in SCOPES.items():
        it.tokens[who] = taken(it.ask("POST", "/v1/tokens", wish, who="operator")).body["token"]
    for name in ("SECURED", "SENSITIVE", "GENERAL", "OPENED"):
        project(it, name, "SECURED" if name == "OPENED" else name)
        stay = {"direction": "INBOUND", "purpose": f"STAY-{name}", "project": f"P-{name}"}
        taken(it.post(event("exchange.nominated", f"exchange:X-{name}", f"x-{name}", stay)))
    for name, said in (("GENERAL", {"accepts": False, "reason": "REASON-DECLINED"}), ("SECURED", {"accepts": True})):
        answer = {"subject": f"project:P-{name}", "on": "2025-03-03", **said}
        taken(it.post(event("centre.answered", f"centre:{SHARES}", f"answer-{name}", answer), who=SHARES))
    opened = {"security_class": "GENERAL", "basis": "declassified"}
    later = "2025-04-01T00:00:00Z"
    taken(it.post(event("project.security_class_assigned", "project:P-OPENED", "opened", opened, time=later)))
    half = HalfYear(it)
    rating = {"score": 1, "by": "p-000000000000000000000001"}
    taken(it.post(event("case.satisfaction_rated", "case:rated", "rated", rating)))
    half.cases(OWNER, 5)
    half.cases(OTHER, 5)
    taken(half.open())
    taken(half.cut())
    found = dict.fromkeys(("criteria", "condition", "cause", "effect"), "CONDITION-FOUND") | {"severity": "LOW"}
    name = f"finding:2025S1-{OWNER}-1"
    taken(half.act("finding.raised", name, found))
    taken(half.act("finding.response_received", name, {"text": "ANSWER-FOUND", "agrees": True}, who=OWNER))
    taken(half.act("finding.action_agreed", name, {"action": "x", "due_on": "2099-01-01", "owner": "c-1"}))
    half.close()
    half.publish()
    project(it, "LATE", "SECURED")
    it.last = half.position
    figures = f"/v1/views/hub_performance?after={it.last}"
    assert any(it.get(figures).status == 200 for _ in range(9))  # on a busy machine they take longer than one waits
    it.closed = {
        at: entry["stream"]
        for at, entry in (
            (row["position"], row["entry"]) for row in it.get("/v1/events?limit=10000", who="auditor").body["events"]
        )
        if entry["stream"].partition(":")[2] in ("P-SECURED", "P-SENSITIVE", "P-LATE")
        or entry["stream"].partition(":")[0] in ("review", "finding", "exchange")
        or entry["fact"]["type"] in ("case.satisfaction_rated", "centre.answered")
    }


def project(door: Door, name: str, class_: str) -> None:
    """A project of the owner in which another hub has a share, launched in the half-year."""
    facts: dict[str, Any] = {
        "proposed": {"title_ko": f"TITLE-{name}", "fields": ["NST12/AI"]},
        "security_class_assigned": {"security_class": class_, "basis": f"decided: TITLE-{name}"},
        "agreement_signed": {"starts_on": "2025-03-01", "ends_on": "2026-03-01"},
        "credit_shared": {"shares": {OWNER: "0.5", SHARES: "0.5"}},
        "launched": {"on": "2025-03-02"},
    }
    for what, data in facts.items():
        taken(door.post(event(f"project.{what}", f"project:P-{name}", f"{name}-{what}", data)))


TELLS_NO_MORE = {*f"{catalogue.TABLE} {catalogue.SEALED}".replace("*", "").split(), "position", "lang"}
"""Parameters that say as of when, in which form, or which rows: none shows what an answer without it does not."""


def tried_by_path(door: Door) -> dict[tuple[str, str], list[str] | str]:
    """Every read whose parameters tell no more, asked by its path, with all that its parts may be, in every format."""
    parts = {
        "position": [*door.closed],
        "stream": sorted({*door.closed.values()}),
        "type": ["project.proposed", "finding.raised"],
        "hub": [OWNER, SHARES, OTHER],
        "code": ["JR-01", "GV-03"],
        "period": ["2025S1"],
        "number": ["1"],
        "format": ["json", "html", "xlsx", "hwpx", "zip"],
        "table": ["project_proposed", "finding_raised"],
    }
    found: dict[tuple[str, str], list[str] | str] = {}
    for read in catalogue.ALL:
        names = re.findall(r"\{(\w+)\}", read.path)
        if {*names} <= parts.keys() and {*read.takes.replace("*", "").split()} <= TELLS_NO_MORE:
            forms = ["", *(f"?format={it}" for it in read.formats or ())]
            several = product(*(parts[name] for name in names))
            asked = [read.path.format_map(dict(zip(names, them, strict=True))) for them in several]
            found["GET", read.path] = [path + form for path in asked for form in forms]
    return found


def paths(door: Door) -> dict[tuple[str, str], list[str] | str]:
    """Every route with the requests by which it is tried, or why it need not be."""
    closed = [*door.closed]
    proofs = [f"/v1/log/proof?position={at}&event=true" for at in closed[:: max(1, len(closed) // 8)]]
    of_events = [
        "?limit=10000",
        "?limit=10000&format=ndjson",
        f"?hub={OWNER}",
        "?type=project.proposed",
        "?type=finding.raised",
        "?limit=10000&format=cloudevents",
        "?limit=10000&order=-position",
        "?limit=10000&kind=project,exchange,finding",
        f"?limit=10000&where=hub!={OTHER}&where=recorded_at>=2025-01-01&fields=fact,stream",
    ]
    of_events += [f"?stream={name}" for name in ("project:P-SECURED", f"finding:2025S1-{OWNER}-1")]
    figures = [f"/v1/indicators/{code}?by=hub,period" for code in ("JR-01", "GV-03")]
    behind = [f"/v1/indicators/{code}/evidence" for code in ("JR-01", "JR-09", "EX-01", "GV-02", "GV-03")]
    return tried_by_path(door) | {
        ("POST", "/v1/events"): WRITES,
        ("POST", "/v1/events/known"): "whether an own identity is taken, and nothing of the entry",
        ("GET", "/v1/events"): [f"/v1/events{it}" for it in of_events],
        ("GET", "/v1/events/live"): [
            f"/v1/events/live?after=0{it}"
            for it in ("", "&format=cloudevents", "&kind=project,exchange,review,finding")
        ],
        ("GET", "/v1/views/{view}"): [
            *(f"/v1/views/{name}" for name in PUBLIC_VIEWS),
            *(f"/v1/views/{name}?format=csv" for name in ("projects", "findings", "audit_trail")),
            "/v1/views/projects?where=title_ko=TITLE-SECURED",
        ],
        ("GET", "/v1/indicators/{code}"): figures,
        ("GET", "/v1/indicators/{code}/evidence"): [*behind, "/v1/indicators/JR-01/evidence?format=tlog-proof"],
        ("GET", "/v1/diff"): [f"/v1/diff?a=1&b={door.last}"],
        ("GET", "/v1/export/evidence"): ["/v1/export/evidence?indicator=JR-01"],
        ("GET", "/v1/checks/{period}/figures"): ["/v1/checks/2025S1/figures", f"/v1/checks/2025S1/figures?hub={OWNER}"],
        ("GET", "/v1/sample"): ["/v1/sample?seed=1&population=SELECT+position,title_ko+FROM+project_proposed"],
        ("POST", "/v1/editions/{period}"): "the secretariat's",
        ("GET", "/v1/editions/contents/{digest}"): "what an edition says, to everybody as it was published",
        ("POST", "/v1/mirror/rebuild"): OPERATOR,
        ("GET", "/v1/log/tile/{level}/{path}"): NOTHING,
        ("GET", "/v1/log/proof"): [*proofs, *(f"{it}&format=tlog-proof" for it in proofs)],
        ("GET", "/v1/work"): ["/v1/work"],
        ("GET", "/v1/work/{id}"): OWN_WORK,
        ("DELETE", "/v1/work/{id}"): OWN_WORK,
        ("GET", "/v1/work/{id}/answer"): OWN_WORK,
        ("GET", "/v1/tokens"): ["/v1/tokens"],
        ("POST", "/v1/tokens"): OPERATOR,
        ("POST", "/v1/tokens/{id}/rotation"): OPERATOR,
        ("DELETE", "/v1/tokens/{id}"): OPERATOR,
        ("GET", "/v1/persons"): ["/v1/persons"],
        ("POST", "/v1/persons"): WRITES,
        ("POST", "/v1/persons/resolve"): WRITES,
        ("GET", "/v1/persons/{person}"): "the vault's own rules, tests/api/test_persons.py",
        ("PUT", "/v1/evidence/{sha256}"): WRITES,
        ("GET", "/v1/evidence/{sha256}"): "files have readers of their own, tests/api/test_evidence_files.py",
        ("POST", "/v1/persons/{person}"): WRITES,
        ("DELETE", "/v1/persons/{person}"): WRITES,
        ("POST", "/v1/persons/{person}/consents"): WRITES,
        ("DELETE", "/v1/persons/{person}/consents"): WRITES,
        ("POST", "/v1/persons/{person}/holds"): WRITES,
        ("DELETE", "/v1/persons/{person}/holds"): WRITES,
        ("GET", "/livez"): NOTHING,
        ("GET", "/readyz"): NOTHING,
        ("GET", "/openapi.json"): "no facts of the record, tests/contract",
        ("GET", "/metrics"): "no facts of the record, tests/api/test_metrics.py",
    }


def routes(door: Door) -> set[tuple[str, str]]:
    app = application(door.engine)
    return {(it.method, it.resource.canonical) for it in app.router.routes() if it.resource and it.method != "HEAD"}


def text(raw: bytes) -> str:
    """All that an answer says: of an archive every file, of a proof what it holds."""
    if raw.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return "\n".join(text(archive.read(name)) for name in archive.namelist())
    said = raw.decode(errors="replace").replace("&#x27;", "'").replace("&apos;", "'")
    return "\n".join(
        [said, *(base64.b64decode(it).decode() for it in re.findall(r"^extra (\S+)$", said, re.MULTILINE))]
    )


def asked(door: Door, path: str, who: str) -> tuple[int, str]:
    if path.startswith("/v1/events/live"):
        return 200, live(door, who, path)
    answer = door.get(path, who=who)
    return answer.status, text(answer.raw)


def live(door: Door, who: str, path: str = FEED) -> str:
    """The feed from the beginning to the last entry."""
    connection = http.client.HTTPConnection(door.url.removeprefix("http://"), timeout=60)
    connection.request("GET", path, headers={"Authorization": f"Bearer {door.tokens[who]}"})
    answer, said = connection.getresponse(), bytearray()
    while (
        not said.endswith(b"\n\n")
        or max(map(int, re.findall(rb"^id: (\d+)$", said, re.MULTILINE)), default=0) < door.last
    ):
        said += answer.read1(65536)
    connection.close()
    return said.decode()


def test_every_route_is_in_the_matrix(door):
    assert routes(door) == {*paths(door)}


@pytest.mark.parametrize("who", EVERYBODY)
def test_no_route_shows_anybody_what_is_not_for_him(door, who):
    seen = set()
    for (method, _), tried in paths(door).items():
        for path in tried if isinstance(tried, list) else ():
            status, said = asked(door, path, who)
            assert (method, status) in {("GET", 200), ("GET", 403)}, (path, said[:300])
            shown = {it for it in MAY if it in said}
            told = {it for it in shown if who not in MAY[it] and it not in path}
            assert not told, (path, told)
            seen |= shown
    assert seen >= {it for it in MAY if who in MAY[it]}


@pytest.mark.parametrize("who", [OTHER, "analyst"])
def test_an_entry_that_is_not_for_somebody_is_refused_with_the_reason_and_nothing_of_it(door, who):
    for at, stream in door.closed.items():
        if stream.endswith(f"-{who}"):
            continue
        whole = [] if stream.startswith(("case:", "centre:")) else [f"/v1/streams/{stream}"]
        for path in (f"/v1/events/{at}", f"/v1/log/proof?position={at}&event=true", *whole):
            answer = door.get(path, who=who)
            assert (answer.status, answer.body["code"]) == (403, "authority.withheld")
            assert "TITLE" not in answer.raw.decode()


def test_what_is_withheld_from_a_page_is_counted_and_the_page_goes_on(door):
    away = [at for at, name in door.closed.items() if not name.endswith(f"-{OTHER}")]
    answer = door.get("/v1/events?limit=10000", who=OTHER)
    assert answer.headers["Sagwan-Withheld"] == str(answer.body["withheld"]) == str(len(away))
    shown = {row["position"] for row in answer.body["events"] if row["position"] <= door.last}
    assert shown == {*range(1, door.last + 1)} - {*away}
    page = door.get(f"/v1/events?after={min(away) - 1}&limit=1", who=OTHER).body
    assert (page["events"], page["next"], page["withheld"]) == ([], min(away), 1)
    assert "withheld" not in door.get("/v1/events?limit=10000", who="auditor").body


def test_a_feed_says_where_something_is_withheld_so_that_it_can_be_resumed(door):
    said = live(door, OTHER)
    away = min(at for at, name in door.closed.items() if not name.endswith(f"-{OTHER}"))
    assert f"id: {away}\nevent: withheld\ndata: {{}}\n\n" in said
    assert "event: withheld" not in live(door, "auditor")


def test_figures_count_what_is_withheld_from_their_evidence(door):
    for who in (OTHER, "auditor"):
        (figure,) = door.get("/v1/indicators/JR-01?period=2025S1", who=who).body["rows"]
        assert figure["value"] == 5
    whole = door.get("/v1/indicators/JR-01/evidence", who="auditor").body["rows"]
    answer = door.get("/v1/indicators/JR-01/evidence", who=OTHER)
    assert len(whole) == 10
    assert (len(answer.body["rows"]), answer.body["withheld"], answer.headers["Sagwan-Withheld"]) == (4, 6, "6")
    assert {row["position"] for row in answer.body["rows"]}.isdisjoint(door.closed)
    assert len(door.get("/v1/indicators/JR-01/evidence", who=SHARES).body["rows"]) == 10


def test_a_count_of_what_is_withheld_does_not_tell_what_stands_there(door):
    guesses = ("TITLE-SECURED", "TITLE-NOTHING")
    told = [door.get(f"/v1/views/projects?where=title_ko={it}", who=OTHER) for it in guesses]
    assert [it.body["rows"] for it in told] == [[], []]
    assert [it.body["withheld"] for it in told] == [3, 3]
    by_type = [door.get(f"/v1/events?type={it}&after=0", who=OTHER) for it in ("finding.raised", "fx.published")]
    assert len({it.headers["Sagwan-Withheld"] for it in by_type}) == 1


def test_the_class_that_holds_now_counts_also_for_what_was_known_before_it_and_one_lifted_opens_again(door):
    first = min(at for at, name in door.closed.items() if name == "project:P-SECURED")
    rows = door.get(f"/v1/views/projects?known={first}", who=OTHER).body["rows"]
    assert rows == []
    assert door.get("/v1/streams/project:P-OPENED", who=OTHER).status == 200
    assert door.get("/v1/streams/project:P-OPENED?valid=2025-03-10", who=OTHER).status == 200


def test_a_hub_without_a_share_any_more_reads_no_more_and_a_class_voided_hides_nothing(door):
    project(door, "SHARED", "SECURED")
    assert door.get("/v1/streams/project:P-SHARED", who=SHARES).status == 200
    again = {"shares": {OWNER: "1"}}
    later = {"time": "2025-05-01T00:00:00Z"}
    taken(door.post(event("project.credit_shared", "project:P-SHARED", "shared-2", again, **later)))
    assert door.get("/v1/streams/project:P-SHARED", who=SHARES).status == 403
    (assigned,) = (
        row["position"]
        for row in door.get("/v1/events?stream=project:P-SHARED", who=OWNER).body["events"]
        if row["entry"]["fact"]["type"] == "project.security_class_assigned"
    )
    taken(door.post(event("entry.voided", "project:P-SHARED", "v", {"entry": assigned, "reason": "CLERICAL"})))
    assert door.get("/v1/streams/project:P-SHARED", who=OTHER).status == 200


def test_that_a_centre_declined_is_for_everybody_and_why_for_whom_it_concerns(door):
    columns = ("subject", "accepts", "reason")
    general, secured = ("project:P-GENERAL", False, "REASON-DECLINED"), ("project:P-SECURED", True, None)
    for who in EVERYBODY:
        answer = door.get("/v1/views/centre_answers", who=who)
        rows = [tuple(row[it] for it in columns) for row in answer.body["rows"]]
        told, more = who in MAY["REASON-DECLINED"], who in MAY["project:P-SECURED"]
        assert rows == [general if told else (*general[:2], None), *([secured] if more else [])], who
        assert answer.body.get("withheld", 0) == (not more)
        if not told:
            assert answer.body["withheld_columns"] == ["reason"]
            guessed = door.get("/v1/views/centre_answers?where=reason=REASON-DECLINED", who=who)
            assert guessed.body["rows"] == []
            state = door.get(f"/v1/streams/centre:{SHARES}", who=who)
            assert (state.body["state"]["answers"], state.body["withheld"]) == ({}, 2)
    own = door.get(f"/v1/streams/centre:{SHARES}", who=OWNER).body["state"]["answers"]
    assert own["project:P-GENERAL"]["reason"] == "REASON-DECLINED"


def test_a_reason_that_a_correction_brings_is_withheld_and_so_is_what_it_corrects(door):
    answer = {"subject": "case:rated", "accepts": True, "on": "2025-03-03"}
    first = door.post(event("centre.answered", f"centre:{OTHER}", "case-answer", answer), who=OTHER).body["position"]
    assert door.get(f"/v1/events/{first}", who=SHARES).status == 200, "nothing is said that is not for everybody"
    data = {"entry": first, "reason": "CLERICAL", "data": answer | {"accepts": False, "reason": "WHY-CASE"}}
    second = door.post(event("entry.corrected", f"centre:{OTHER}", "corrected", data), who=OTHER).body["position"]
    void = door.post(
        event("entry.voided", f"centre:{OTHER}", "voided", {"entry": first, "reason": "CLERICAL", "note": "WHY-CASE"}),
        who=OTHER,
    ).body["position"]
    for position in (first, second, void):
        readers = {who for who in EVERYBODY if door.get(f"/v1/events/{position}", who=who).status == 200}
        assert readers == {OWNER, OTHER, NARROW, IN_PART, *HOUSE}


def test_a_diff_names_no_mover_that_is_not_for_who_asks_and_says_so(door):
    answer = door.get(f"/v1/diff?a=1&b={door.last}", who=OTHER)
    (change,) = (it for it in answer.body["changes"] if (it["code"], it["hub"]) == ("JR-01", OWNER))
    assert change["after"] == 2.5
    assert change["withheld"] > 0
    assert {it["position"] for it in change["movers"]}.isdisjoint(door.closed)
    assert answer.headers["Sagwan-Withheld"] == str(answer.body["withheld"])
    assert door.get(f"/v1/diff?a=1&b={door.last}", who="auditor").body["withheld"] == 0


def test_a_check_shows_another_hub_how_far_a_review_is_and_of_findings_how_many(door):
    own, other = (door.get("/v1/checks/2025S1", who=who).body for who in (OWNER, OTHER))
    assert [it["stream"] for it in own["findings"]] == [f"finding:2025S1-{OWNER}-1"]
    assert (other["findings"], other["withheld"]) == ([], 1)
    reviews = {it["hub"]: it["review"] for it in other["hubs"]}
    assert reviews[OWNER] == {"hub": OWNER, "status": "verified"}
    assert reviews[OTHER]["opinion"] == "CLEAN"


def test_an_edition_says_that_findings_of_others_are_not_shown(door):
    page = door.get("/v1/editions/2025S1/1.html", who=OTHER).raw.decode()
    assert "다른 거점센터의 지적사항 1건" in page
    assert "다른 거점센터의 지적사항" not in door.get("/v1/editions/2025S1/1.html", who="auditor").raw.decode()


def test_what_tells_of_a_person_of_no_hub_is_read_by_no_hub_and_by_no_analyst(door):
    opens = door.ask("POST", "/v1/tokens", {"role": "secretariat", "persons": "all"}, who="operator").body["token"]
    door.tokens["keeps persons"] = opens
    made = door.ask("POST", "/v1/persons", {"name_ko": "NAME-UNTOLD"}, who="keeps persons")
    assert made.status == 201, made.body
    person = made.body["pseudonym"]
    (issued,) = door.get(f"/v1/events?stream=person:{person}", who="auditor").body["events"]
    assert issued["entry"].get("hub", "") == ""
    for who in (OTHER, "analyst"):
        assert door.get("/v1/views/persons", who=who).body["rows"] == []
        assert door.get(f"/v1/streams/person:{person}", who=who).status == 403
        assert door.get(f"/v1/events/{issued['position']}", who=who).status == 403
