"""What is asked by GET: every route by every role, and each parameter right and wrong."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from tests.surface.served import NOBODY, PEOPLE, Server

ALL = (*PEOPLE, NOBODY)
FEW = ("auditor", "analyst", "EU-BRU")

STREAMS = (
    "calendar:BE case:rated-0 case:none check:2025S1 evidence:e-1 exchange:stay-0 fx:2025S1 hub:EU-BRU indicator:HD-01"
    " project:p-0 review:2025S1-EU-BRU seal:key session:2025S1-1 sla:desk csae:1 case"
).split()

OF_FEW = ("case", "credential", "evidence", "person")
"""Kinds of stream of which not everybody sees all."""

BY_ALL = (
    "/livez /readyz /v1/nothing"
    " /v1/events?limit=3 /v1/events?after=184 /v1/events/1 /v1/events/20 /v1/events/60 /v1/events/188 /v1/events/999"
    " /v1/types /v1/types/case.opened /v1/types/case.openned"
    " /v1/views /v1/views/cases /v1/views/persons /v1/views/caes"
    " /v1/indicators /v1/indicators/HD-01?by=hub /v1/indicators/EX-01?by=hub /v1/indicators/HD-99"
    " /v1/indicators/HD-01/evidence /v1/indicators/EX-01/evidence"
    " /v1/checks /v1/checks/2025S2 /v1/checks/2024S1 /v1/checks/2025 /v1/checks/2025S2/figures?hub=EU-BRU"
    " /v1/editions /v1/editions/2025S1 /v1/editions/2025S2/1 /v1/editions/2025S1/9"
    " /v1/editions/2025S1/1.pdf /v1/sample?population=SELECT+position+FROM+event&seed=7&size=3&position=188"
    " /v1/mirror/event?position=20 /v1/mirror/cases"
    " /v1/log/checkpoint /v1/log/proof?position=60 /v1/log/proof?position=60&event=true /v1/log/tile/0/000.p/188"
    " /v1/tokens /v1/persons /v1/persons/p-none"
).split()
"""Asked by every role and by nobody."""

BY_FEW = (
    "/v1/indicators/EX-01?known=2025S1/2&period=2025S1&by=hub /v1/indicators/EX-01?where=hub=EU-BRU"
    " /v1/checks/2025S2/late /v1/events/live?after=185 /v1/views/editions?format=csv "
    " /v1/editions/2025S1/2.json"
).split()
"""Dear ones, by who may differ."""

BY_AUDITOR = (
    "/v1/indicators/HD-01?known=2025S1/1&by=hub,period /v1/editions/2025S1/2.html /v1/editions/2025S2/1.xlsx"
    " /v1/editions/2025S2/1.zip"
    " /v1/indicators?format=csv&raw=yes /v1/indicators/HD-01/evidence?format=tlog-proof&size=x"
    " /v1/indicators/HD-01/evidence?format=tlog-proof&size=188"
    " /v1/indicators/HD-01/evidence?format=tlog-proof&witnessed=false"
    " /v1/indicators/HD-01/evidence?format=tlog-proof&witnessed=yes"
    " /v1/export/evidence?known=60&indicator=HD-01 /v1/export/evidence?known=9999 /v1/diff?a=1"
    " /v1/editions/2025S1/1?format=html /v1/editions/2025S1/1?format=html&lang=en /v1/editions/2025S1/2.html?lang=en"
    " /v1/editions/2025S1/2.html?lang=fr"
    " /v1/log/tile/entries/000.p/188 /v1/log/tile/0/001 /v1/log/tile/0/x"
    " /v1/log/proof /v1/log/proof?from=100 /v1/log/proof?from=100&to=150 /v1/log/proof?from=150&to=100"
    " /v1/log/proof?to=3 /v1/views/cases?where=hub=EU-BRU&where=hub=AS-SIN /v1/indicators/HD-01?by=hub,hub"
    " /v1/indicators/HD-01?period=2025S1&where=period=2025S2 /v1/views/cases?suppress=5"
    " /v1/sample /v1/sample?population=DROP+TABLE+event&seed=1 /v1/sample?population=SELECT+*+FROM+'/etc/passwd'&seed=1"
    " /v1/sample?population=SELECT+position+FROM+effective+WHERE+kind='case'&seed=a&size=5"
    " /v1/indicators/HD-01/evidence?format=tlog-proof&where=hub=EU-BRU /v1/views/cases?limit=3"
    " /v1/views/cases?known=1&known=2 /v1/views/cases?format=xlsx&lang=ko /v1/indicators?format=xlsx&lang=ko"
    " /v1/indicators/HD-01?format=xlsx&lang=ko /v1/indicators/HD-01/evidence?format=xlsx&lang=ko"
).split()

AFTER = (
    "irregularities cases exchanges expansions projects project_reports project_term outputs partners strategy_maps"
    " map_in_force findings retention persons late_entries hubs checks deadlines sessions fx_rates targets"
).split()
"""Views that show what the acts did."""

BASE = {
    "/v1/events": "limit=2",
    "/v1/events/live": "after=0",
    "/v1/indicators/{code}": "",
    "/v1/diff": "a=187&b=188",
    "/v1/export/evidence": "known=20&indicator=EX-03",
    "/v1/sample": "population=SELECT position FROM event&seed=7&size=2&position=188",
    "/v1/log/proof": "position=60",
    "/v1/log/checkpoint": "",
}
"""What each question about a parameter of a route says too, unless it says that itself."""

PATHS = {
    "/v1/events": "/v1/events",
    "/v1/events/live": "/v1/events/live",
    "/v1/streams/{stream}": "/v1/streams/case:rated-0",
    "/v1/views/{view}": "/v1/views/reviews",
    "/v1/indicators": "/v1/indicators",
    "/v1/indicators/{code}": "/v1/indicators/HD-01",
    "/v1/indicators/{code}/evidence": "/v1/indicators/HD-01/evidence",
    "/v1/diff": "/v1/diff",
    "/v1/export/evidence": "/v1/export/evidence",
    "/v1/checks": "/v1/checks",
    "/v1/checks/{period}": "/v1/checks/2025S2",
    "/v1/checks/{period}/figures": "/v1/checks/2025S2/figures",
    "/v1/checks/{period}/late": "/v1/checks/2025S2/late",
    "/v1/sample": "/v1/sample",
    "/v1/editions/{period}/{number}": "/v1/editions/2025S1/1",
    "/v1/mirror/{table}": "/v1/mirror/case_opened",
    "/v1/log/checkpoint": "/v1/log/checkpoint",
    "/v1/log/proof": "/v1/log/proof",
}
"""Each route that takes parameters, and one of its paths. Reading a person is an act: `acts.py` asks."""

TRIED: dict[str, tuple[list[str], list[str]]] = {
    "a": (["187"], ["x", "2025-13-01", "9999"]),
    "b": (["188"], ["x"]),
    "before": (["20"], ["x"]),
    "after": (["185"], ["x", "9999"]),
    "cursor": ([], ["x"]),
    "fields": (["hub", "value", "position", "hub,fact"], ["colour", "hub,hub"]),
    "kind": (["case", "case,project"], ["caes"]),
    "order": (["hub", "-hub", "-position", "value"], ["colour"]),
    "by": (["hub", "ministry", "region", "period", "field", "country", "hub,period"], ["colour", "hub,hub"]),
    "event": (["true"], ["yes"]),
    "format": (["json", "ndjson", "csv", "arrow", "parquet", "xlsx", "html", "zip", "tlog-proof"], ["pdf"]),
    "from": (["20"], ["0", "x"]),
    "fx": (["2025S1:1"], ["2025S1", "2025S1:9", "2026S1:1"]),
    "hub": (["EU-BRU"], ["EU-BER", "eu-bru"]),
    "indicator": (["HD-01"], ["HD-99"]),
    "known": (["150", "2025S1/1", "2026-11-26T12:10:51Z"], ["x", "9999", "2025S1/9", "-1"]),
    "lang": (["en"], ["fr"]),
    "limit": (["3"], ["0", "x", "100000"]),
    "period": (["2025S1"], ["2025", "2024S1"]),
    "population": (["SELECT position FROM event WHERE position < 9"], ["SELECT", "SELECT 1 FROM nothing"]),
    "position": (["60"], ["0", "x", "9999"]),
    "raw": (["true", "false"], ["yes"]),
    "seed": (["other"], [""]),
    "size": (["100"], ["0", "x", "99999"]),
    "stream": (["case:rated-0"], ["case:none", "csae:1"]),
    "suppress": (["0"], ["x", "-1"]),
    "to": (["100"], ["9999", "x"]),
    "type": (["case.opened"], ["case.openned"]),
    "valid": (["2025-03-31", "2025-03-31T15:00:00Z"], ["yesterday", "2025-03-31T15:00:00"]),
    "where": (
        ["hub=EU-BRU", "period=2025S1", "hub=EU-BRU,AS-SIN", "hub!=EU-BRU", "period>=2025S2"],
        ["period>2025", "hub", "colour=blue", "hub=EU-BER"],
    ),
    "witnessed": (["false"], ["yes", "true"]),
}
"""By parameter what is right somewhere, and what is wrong."""

ELSEWHERE = "unheard_of"
"""A parameter that no route takes: the answer lists those that it does."""


def questions(server: Server) -> Iterator[tuple[str, str]]:
    """Who asks for which path."""
    yield from ((who, path) for path in BY_ALL for who in ALL)
    yield from ((who, path) for path in BY_FEW for who in FEW)
    yield from (("auditor", path) for path in BY_AUDITOR)
    yield "sagwan-hub-that-is-no-token", "/v1/views"
    for stream in (*STREAMS, *_of_kind(server, "credential"), *_of_kind(server, "person")):
        yield from ((who, f"/v1/streams/{stream}") for who in (FEW if stream.partition(":")[0] in OF_FEW else FEW[:1]))
    yield "auditor", "/v1/views/hub_performance?format=arrow"
    for view in server.ask("GET", "/v1/views", who="auditor").body["views"]:
        if view != "hub_performance":
            yield "auditor", f"/v1/views/{view}?format=arrow"
            yield from ((who, f"/v1/views/{view}") for who in (FEW[2:] if view == "irregularities" else FEW[1:]))
    for type_ in server.ask("GET", "/v1/types", who=NOBODY).body["types"]:
        yield NOBODY, type_["schema"]
    for it in server.ask("GET", "/v1/indicators", who="auditor").body["indicators"]:
        yield "auditor", f"/v1/indicators/{it['code']}?by=hub,period"
        yield "auditor", f"/v1/indicators/{it['code']}/evidence?format=csv"
    for table in server.ask("GET", "/v1/mirror/none", who="auditor").body["facts"]["tables"]:
        yield "auditor", f"/v1/mirror/{table}"
    yield from (("auditor", path) for path in parameters(server))


def _of_kind(server: Server, kind: str) -> list[str]:
    found = server.ask("GET", "/v1/views/audit_trail", who="auditor").body["rows"]
    return sorted({it["stream"] for it in found if it["stream"].startswith(f"{kind}:")})[:1]


def afterwards() -> Iterator[tuple[str, str]]:
    """What is asked again once the acts were done."""
    for view in AFTER:
        yield "auditor", f"/v1/views/{view}"
    yield from ((who, "/v1/events?after=188&type=exchange.nominated") for who in FEW)
    yield NOBODY, "/readyz"


def parameters(server: Server) -> Iterator[str]:
    """For each route each of its parameters, right and wrong. KeyError: nobody wrote what to try."""
    for route, path in PATHS.items():
        yield f"{path}?{ELSEWHERE}=1"
        taken = server.ask("GET", f"{path}?{ELSEWHERE}=1", who="auditor").body["facts"]["parameters"]
        for name in taken:
            right, wrong = TRIED[name]
            said = [it for it in BASE.get(route, "").split("&") if it]
            if name in ("from", "to"):
                said = ["from=10"] if name == "to" else []
            if name == "cursor":
                said = ["by=hub,period"] if route == "/v1/indicators/{code}" else said
                first = server.ask("GET", f"{path}?{'&'.join([*said, 'limit=1'])}", who="auditor")
                right = [first.body["next"]]
            for value in right + wrong:
                others = [it for it in said if it.partition("=")[0] != name]
                asked = sorted([*others, f"{name}={value}"])
                yield f"{path}?{'&'.join(_quoted(it) for it in asked)}"


def _quoted(parameter: str) -> str:
    name, _, value = parameter.partition("=")
    return f"{name}={quote(value, safe='=:/,')}"
