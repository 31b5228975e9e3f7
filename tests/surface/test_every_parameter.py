"""Every parameter that a route declares changes what it answers; where it would change nothing, it is refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.http.parameters import TAKES
from tests.surface.served import Server, record, serving

ROOT = Path(__file__).parents[2]

PAST = {"known": "known=60", "after": "after=999999"}
POINTS = {"known": "known=60", "valid": "valid=2025-03-31", "after": "after=999999"}
ROWS = {
    "where": "where=hub=EU-BRU",
    "order": "order=-position",
    "fields": "fields=position",
    "limit": "limit=1",
    "cursor": "limit=1&cursor=NEXT",
}
LISTED = {"type": "type=case.opened", "hub": "hub=AS-SIN", "kind": "kind=case", "stream": "stream=check:2025S1"}
SEALED = {"size": "size=60", "witnessed": "witnessed=true"}

Asked = dict[str, tuple[str, str]]


def each(question: str, more: dict[str, str]) -> Asked:
    """One question to which each parameter is added."""
    return {name: (question, it) for name, it in more.items()}


EVENTS = LISTED | {
    **{name: ROWS[name] for name in ("where", "order", "limit")},
    **{"fields": "fields=hub", "after": "after=60", "before": "before=20", "format": "format=cloudevents"},
}

CASES: dict[str, Asked] = {
    "/v1/checks": each("/v1/checks?", PAST),
    "/v1/checks/{period}": each("/v1/checks/2025S1?", PAST),
    "/v1/checks/{period}/figures": each("/v1/checks/2025S1/figures?", {"hub": "hub=EU-BRU"}),
    "/v1/checks/{period}/late": each("/v1/checks/2025S1/late?", PAST),
    "/v1/diff": {"a": ("/v1/diff?b=now&a=60", "&a=150"), "b": ("/v1/diff?a=60&b=100", "&b=now")},
    "/v1/editions/{period}/{number}": {
        "format": ("/v1/editions/2025S1/1?", "format=xlsx"),
        "lang": ("/v1/editions/2025S1/1?format=html", "&lang=en"),
    },
    "/v1/editions/{period}/{number}.{format}": {"lang": ("/v1/editions/2025S1/1.html?", "lang=en")},
    "/v1/events": each("/v1/events?", EVENTS),
    "/v1/events/live": each("/v1/events/live?after=0&", LISTED | {"format": "format=cloudevents"})
    | {"after": ("/v1/events/live?after=0", "&after=20")},
    "/v1/export/evidence": each("/v1/export/evidence?indicator=HD-01&", POINTS | {"indicator": "indicator=HD-02"}),
    "/v1/indicators": {
        "format": ("/v1/indicators?", "format=csv"),
        "raw": ("/v1/indicators?format=xlsx", "&raw=true"),
        "lang": ("/v1/indicators?format=xlsx", "&lang=ko"),
    },
    "/v1/indicators/{code}": each("/v1/indicators/HD-01?by=hub,period&", ROWS | POINTS)
    | {
        "order": ("/v1/indicators/HD-01?by=hub&", "order=-hub"),
        "fields": ("/v1/indicators/HD-01?by=hub&", "fields=hub"),
        "fx": ("/v1/indicators/DX-02?by=hub&", "fx=2025S1:1"),
        "by": ("/v1/indicators/HD-01?", "by=hub"),
        "period": ("/v1/indicators/HD-01?", "period=2025S1"),
        "suppress": ("/v1/indicators/EX-01?by=hub&", "suppress=1000"),
        "format": ("/v1/indicators/HD-01?", "format=csv"),
        "raw": ("/v1/indicators/HD-01?format=xlsx", "&raw=true"),
        "lang": ("/v1/indicators/HD-01?format=xlsx", "&lang=ko"),
    },
    "/v1/indicators/{code}/evidence": each("/v1/indicators/HD-01/evidence?", ROWS | POINTS)
    | {
        "fx": ("/v1/indicators/DX-02/evidence?", "fx=2025S1:1"),
        "period": ("/v1/indicators/HD-01/evidence?", "period=2025S1"),
        "format": ("/v1/indicators/HD-01/evidence?", "format=csv"),
        "raw": ("/v1/indicators/HD-01/evidence?format=xlsx", "&raw=true"),
        "lang": ("/v1/indicators/HD-01/evidence?format=xlsx", "&lang=ko"),
    }
    | each("/v1/indicators/HD-01/evidence?format=tlog-proof&", SEALED),
    "/v1/log/checkpoint": each("/v1/log/checkpoint?", {"position": "position=60", **SEALED}),
    "/v1/log/proof": {
        "position": ("/v1/log/proof?position=60", "&position=61"),
        "event": ("/v1/log/proof?position=60&format=tlog-proof&event=false", "&event=true"),
        "format": ("/v1/log/proof?position=60", "&format=tlog-proof"),
        "from": ("/v1/log/proof?to=60&from=10", "&from=20"),
        "to": ("/v1/log/proof?from=10&to=60", "&to=50"),
        "size": ("/v1/log/proof?position=60", "&size=100"),
        "witnessed": ("/v1/log/proof?position=60", "&witnessed=true"),
    },
    "/v1/mirror/{table}": each("/v1/mirror/case_opened?", {"position": "position=60"}),
    "/v1/sample": each(
        "/v1/sample?population=SELECT position FROM effective&seed=a&size=5",
        {
            "population": "&population=SELECT position FROM effective WHERE position < 50",
            "seed": "&seed=b",
            "size": "&size=6",
            "position": "&position=60",
        },
    ),
    "/v1/streams/{stream}": each("/v1/streams/check:2025S1?", POINTS),
    "/v1/views/{view}": each("/v1/views/irregularities?", ROWS | POINTS)
    | {
        "fx": ("/v1/views/expansions?", "fx=2025S1:1"),
        "suppress": ("/v1/views/hub_performance?", "suppress=1000"),
        "format": ("/v1/views/cases?", "format=csv"),
        "raw": ("/v1/views/cases?format=xlsx", "&raw=true"),
        "lang": ("/v1/views/cases?format=xlsx", "&lang=ko"),
    },
}
"""By path and parameter: a question, and what is added to it; a name that is said already is said anew."""

ELSEWHERE = {
    "GET /v1/export/evidence": "tests/api/test_rates.py",
    "GET /v1/evidence/{sha256}": "tests/api/test_evidence_files.py",
    "GET /v1/persons/{person}": "tests/api/test_persons.py",
    "DELETE /v1/persons/{person}": "tests/api/test_persons.py",
    "DELETE /v1/persons/{person}/consents": "tests/api/test_persons.py",
    "DELETE /v1/persons/{person}/holds": "tests/api/test_persons.py",
    "POST /v1/events": "tests/api/test_terms.py",
}
"""Routes that change something or need what they are asked of: where their parameters are tried."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("parameters") / "data"
    record(data)
    with serving(data) as it:
        it.settle()
        yield it


def with_more(question: str, more: str) -> str:
    """The question with what is added in the place of what it said of the same."""
    path, _, said = question.partition("?")
    pairs = [it.partition("=")[::2] for it in filter(None, said.split("&"))]
    added = [it.partition("=")[::2] for it in filter(None, more.split("&"))]
    names = {name for name, _ in added}
    kept = [it for it in pairs if it[0] not in names]
    return f"{path}?" + "&".join(f"{name}={value.replace(' ', '%20')}" for name, value in [*kept, *added])


def asked(server: Server, question: str) -> tuple[int, object]:
    if "cursor=NEXT" in question:
        first = server.ask("GET", question.replace("&cursor=NEXT", ""), who="auditor").body
        question = question.replace("NEXT", str(first["next"]))
    if question.startswith("/v1/export") and (pack := server.door.get(question, who="auditor")).status == 200:
        with zipfile.ZipFile(io.BytesIO(pack.raw)) as archive:
            return 200, archive.read("figures/figures.csv")
    answer = server.ask("GET", question, who="auditor")
    return answer.status, answer.body


def test_every_parameter_has_a_case() -> None:
    declared = {route: {it.removesuffix("*") for it in takes.split()} for route, takes in TAKES.items()}
    shown = {f"GET {path}": {*names} for path, names in CASES.items()}
    for route, file in ELSEWHERE.items():
        text = (ROOT / file).read_text(encoding="utf-8")
        shown.setdefault(route, set()).update(it for it in declared[route] if f"{it}=" in text or f'"{it}"' in text)
    assert {route: declared[route] - shown.get(route, set()) for route in declared} == {it: set() for it in declared}


@pytest.mark.parametrize("path", CASES)
def test_a_parameter_changes_the_answer(server: Server, path: str) -> None:
    same = []
    for name, (question, more) in CASES[path].items():
        without, told = asked(server, with_more(question, "")), asked(server, with_more(question, more))
        assert without[0] == 200, (question, without)
        assert told[0] in (200, 422, 404), (question, more, told)
        if told == without:
            same.append(name)
    assert same == []


@pytest.mark.parametrize(
    ("question", "status", "code"),
    [
        ("/v1/views/cases?raw=true", 400, "query.invalid"),
        ("/v1/indicators/HD-01?raw=true&format=parquet", 400, "query.invalid"),
        ("/v1/views/cases?suppress=5", 400, "query.invalid"),
        ("/v1/editions/2025S1/1?format=xlsx&lang=en", 400, "query.invalid"),
        ("/v1/log/checkpoint?position=60&size=50", 400, "query.invalid"),
        ("/v1/log/checkpoint?size=50&witnessed=true", 400, "query.invalid"),
        ("/v1/log/checkpoint?size=0", 400, "query.invalid"),
        ("/v1/log/checkpoint?position=0", 400, "query.invalid"),
        ("/v1/indicators/HD-01/evidence?size=60", 400, "query.invalid"),
        ("/v1/indicators/HD-01/evidence?format=tlog-proof&limit=1", 400, "query.invalid"),
        ("/v1/indicators/HD-01/evidence?format=tlog-proof&size=60", 422, "log.not_covered"),
    ],
)
def test_what_would_change_nothing_is_refused(server: Server, question: str, status: int, code: str) -> None:
    answer = server.ask("GET", question, who="auditor")
    assert (answer.status, answer.body["code"]) == (status, code)
