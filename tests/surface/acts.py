"""What is sent by POST and DELETE: a story of right acts, and of wrong ones as many kinds as are cheap."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from domain.registry import TYPES
from tests.api.door import BATCH, SINGLE, event
from tests.surface.served import NOBODY, NOW, PEOPLE, Answer, Server

GOLDEN = Path(__file__).parents[1] / "domain/golden.ndjson"
"""An entry of every type. Their content is posted as it is: most of it is refused, each for its own reason."""
RECORDED = 156
"""So many of them were there when the answers were recorded: types that come later have no part in the story."""

DAY = "2026-03-0{}T09:00:00Z"
"""In a half-year that nobody checks: nothing that is posted here is late, so the machine proposes nothing meanwhile."""


class Act(NamedTuple):
    label: str
    who: str
    method: str
    path: str
    body: Any = None
    type_: str = "application/json"


def outcomes(server: Server) -> Iterator[tuple[str, Answer]]:
    """Each act by its name, and what was answered. The order matters: they are one story."""
    for it in acts():
        answer = server.ask(it.method, it.path, it.body, who=it.who, type_=it.type_)
        yield f"{it.who} {it.method} {it.path} ({it.label})", answer
    yield from _people(server)
    yield from _tokens(server)


def acts() -> Iterator[Act]:
    yield from _events()
    yield from _golden()
    yield from _bodies()
    yield from _elsewhere()


def _posted(label: str, who: str, type_: str, subject: str, data: Any, /, day: int = 3, **more: Any) -> Act:
    at = {"time": DAY.format(day) if not type_.startswith(HOUSE) else None}
    return Act(label, who, "POST", "/v1/events", event(type_, subject, f"s-{label}", data, **(at | more)), SINGLE)


HOUSE = ("check.", "review.", "finding.", "session.", "indicator.", "calendar.", "sla.", "fx.", "seal.", "credential.",
         "clock.", "entry.", "person.")  # fmt: skip


def _events() -> Iterator[Act]:
    """Facts and acts that are taken, one of nearly every kind of stream; some depart from the rules."""
    hub, house = "EU-BRU", "secretariat"
    kul = {"name": "KU Leuven", "country": "BE", "kind": "UNIVERSITY"}
    yield _posted("partner", hub, "partner.registered", "partner:kul", kul)
    proposed = {
        "title_ko": "초전도 소자",
        "title_en": "Superconductors",
        "fields": ["NST12/QUANTUM"],
        "partners": ["kul"],
    }
    yield _posted("project", hub, "project.proposed", "project:s-1", proposed)
    yield _posted("launch", hub, "project.launched", "project:s-1", {"on": "2026-03-04"}, day=4)
    paper = {"output": "o-1", "kind": "PAPER", "pid_scheme": "DOI", "pid": "10.1000/xyz123", "countries": ["BE", "KR"]}
    yield _posted("output", hub, "project.output_reported", "project:s-1", paper, day=5)
    yield _posted("verified", hub, "project.output_verified", "project:s-1", {"output": "o-1", "method": "DOI"}, day=6)
    spent = {"money": {"amount": "12.50", "currency": "EUR"}, "funder": "KR"}
    yield _posted("spent", hub, "project.funding_spent", "project:s-1", spent, day=6)
    yield _posted("opened", hub, "case.opened", "case:s-1", {"topic": "visa", "severity": "high"})
    yield _posted("again", hub, "case.reopened", "case:s-1", {"why": "more"}, day=4)
    yield _posted("resolved", hub, "case.resolved", "case:s-1", {"resolution": "done"}, day=5)
    yield _posted("rated", hub, "case.satisfaction_rated", "case:s-1", {"score": 5}, day=6)
    guest = {"direction": "INBOUND", "person": "p-guest0", "country": "BE", "purpose": "공동연구"}
    yield _posted("nominated", hub, "exchange.nominated", "exchange:s-1", guest)
    yield _posted("returned", hub, "exchange.returned", "exchange:s-1", {"on": "2026-03-05"}, day=5)
    firm = {"company": "firm-1", "target_countries": ["BE"]}
    yield _posted("enrolled", hub, "expansion.company_enrolled", "expansion:s-1", firm)
    yield _posted("supported", hub, "expansion.support_delivered", "expansion:s-1", {"service": "legal", "hours": "3"})
    drafted = {"field": "NST12/AI", "edition": 1, "scheme_version": "1", "title_ko": "지도"}
    yield _posted("map", house, "map.drafted", "map:s-1", drafted)
    yield _posted("linked", house, "hub.linked", "hub:EU-BRU", {"other_centre": "AS-SIN", "scope": "helpdesk"})
    meeting = {"on": "2026-03-05", "seats": 3, "present": ["m-1", "m-2"]}
    yield _posted("session", house, "session.convened", "session:2026S1-1", meeting)
    rates = {"version": 2, "as_of": "2025-12-31", "source": "test", "rates": {"EUR": {"2025-01-02": "1510"}}}
    yield _posted("rates", house, "fx.published", "fx:2025S1", rates)
    yield _posted("target", house, "indicator.target_set", "indicator:HD-01", {"period": "2026S1", "value": "9"})
    opened = {"period": "2026S1", "due_on": "2026-07-15", "hubs": ["EU-BRU"], "indicators": {"HD-01": 1}}
    yield _posted("check", house, "check.opened", "check:2026S1", opened)
    cut = {"valid_cutoff": "2026-06-30T14:59:59Z", "position": 190}
    yield _posted("cut", house, "check.cutoff_fixed", "check:2026S1", cut)
    yield _posted("clock", "operator", "clock.accepted", "clock:record", {"now": NOW.isoformat(), "reason": "radio"})
    yield _posted("the very same", hub, "case.opened", "case:s-1", {"topic": "visa", "severity": "high"}, id="s-opened")
    yield _posted("another content", hub, "case.opened", "case:s-1", {"topic": "tax"}, id="s-opened")
    yield _posted("another hub", "AS-SIN", "case.resolved", "case:s-1", {})
    yield _posted("analyst", "analyst", "case.opened", "case:s-2", {"topic": "visa"})
    yield _posted("nobody", NOBODY, "case.opened", "case:s-2", {"topic": "visa"})
    yield _posted("not a hub's", hub, "session.convened", "session:2026S1-2", meeting)
    yield _posted("future", hub, "case.opened", "case:s-2", {"topic": "visa"}, time="2027-01-01T00:00:00Z")
    yield _posted("no offset", hub, "case.opened", "case:s-2", {"topic": "visa"}, time="2026-01-01T00:00:00")
    yield _posted("long ago", hub, "case.opened", "case:s-2", {"topic": "visa"}, time="1990-01-01T00:00:00Z")
    yield _posted("unknown type", hub, "case.openned", "case:s-2", {"topic": "visa"})
    yield _posted("wrong kind", hub, "case.opened", "project:s-9", {"topic": "visa"})
    yield _posted("unknown kind", hub, "case.opened", "csae:s-9", {"topic": "visa"})
    yield _posted("no key", hub, "case.opened", "case", {"topic": "visa"})
    yield _posted("long key", hub, "case.opened", f"case:{'k' * 200}", {"topic": "visa"})
    yield _posted("unknown member", hub, "case.opened", "case:s-2", {"topic": "visa", "tpoic": "visa"})
    yield _posted("unknown word", hub, "case.opened", "case:s-2", {"topic": "visa", "severity": "hihg"})
    yield _posted("missing", hub, "case.opened", "case:s-2", {})
    yield _posted("not NFC", hub, "case.opened", "case:s-2", {"topic": "e\u0301"})
    yield _posted("control", hub, "case.opened", "case:s-2", {"topic": "a\u0007b"})
    yield _posted("no time", hub, "case.closed", "case:s-1", None, time=None)
    yield _posted("a telephone", hub, "case.reopened", "case:s-1", {"why": "call 010-1234-5678"}, day=7)
    yield _posted("an address", hub, "case.reopened", "case:s-1", {"why": "ask kim@example.kr"}, day=7)
    yield _posted("attribute", hub, "case.opened", "case:s-2", {"topic": "visa"}, colour="blue")
    yield _posted("source", hub, "case.opened", "case:s-2", {"topic": "visa"}, source="sagwan")
    yield _posted("long id", hub, "case.opened", "case:s-2", {"topic": "visa"}, id="i" * 2000)
    yield _posted("specversion", hub, "case.opened", "case:s-2", {"topic": "visa"}, specversion="0.3")
    yield _posted("version", hub, "case.closed", "case:s-1", {}, expectedversion=99)
    yield _posted("corrected", hub, "entry.corrected", "case:s-1",
                  {"entry": 195, "reason": "CLERICAL", "data": {"type": "case.opened", "topic": "tax"}})  # fmt: skip
    yield _posted("void of none", hub, "entry.voided", "case:s-1", {"entry": 9999, "reason": "CLERICAL"})
    yield _posted("void elsewhere", hub, "entry.voided", "case:s-1", {"entry": 1, "reason": "CLERICAL"})
    yield _posted("redacted", house, "entry.redacted", "exchange:s-1",
                  {"entry": 199, "fields": ["purpose"], "basis": "개인정보 보호법 36"})  # fmt: skip
    yield _posted("redacted nothing", house, "entry.redacted", "exchange:s-1",
                  {"entry": 199, "fields": ["country"], "basis": "개인정보 보호법 36"})  # fmt: skip


def _golden() -> Iterator[Act]:
    """The content of every type, by who may write its kind, and the same on a stream that is there."""
    there = {"case": "case:rated-0", "check": "check:2025S2", "review": "review:2025S2-EU-BRU", "hub": "hub:EU-BRU",
             "exchange": "exchange:stay-0", "project": "project:p-0", "session": "session:2025S2-1",
             "indicator": "indicator:HD-01", "calendar": "calendar:BE", "sla": "sla:desk", "fx": "fx:2025S1",
             "evidence": "evidence:e-1", "partner": "partner:kul", "map": "map:s-1"}  # fmt: skip
    for nth, line in enumerate(GOLDEN.read_bytes().splitlines()[:RECORDED]):
        entry = msgspec.json.decode(line)
        fact = entry["fact"]
        type_ = fact.pop("type")
        if (day := TYPES[type_].effective_on) in fact:  # the day that counts is that of the time
            fact[day] = DAY.format(8)[:10]
        if "ministry" in fact:  # new entries name one of the list
            fact["ministry"] = "MSIT"
        kind = entry["stream"].partition(":")[0]
        who = {"seal": "operator", "credential": "operator", "clock": "operator", "hub": "secretariat"}.get(
            kind, "EU-BRU"
        )
        if kind in ("check", "session", "indicator", "calendar", "sla", "fx", "map"):
            who = "secretariat"
        for subject in {entry["stream"].replace(":EU-", ":new-"): 0, there.get(kind, entry["stream"]): 0}:
            if type_ == "entry.redacted" or (kind == "check" and "edition" in type_):
                fact = {it: value for it, value in fact.items() if it != "remains"}
            wish = event(
                type_, subject, f"g-{nth}-{subject}", fact, time=DAY.format(8) if kind not in HOUSE_KINDS else None
            )
            yield Act(f"golden {nth} {type_} {subject}", who, "POST", "/v1/events", wish, SINGLE)


HOUSE_KINDS = tuple(it.rstrip(".") for it in HOUSE)


def _bodies() -> Iterator[Act]:
    """Bodies that do not read as they should, and batches."""
    good = event("case.opened", "case:b-1", "b-1", {"topic": "visa"}, time=DAY.format(3))
    bad = event("case.opened", "case:b-2", "b-2", {}, time=DAY.format(3))
    yield Act("not JSON", "EU-BRU", "POST", "/v1/events", b"{", SINGLE)
    yield Act("no object", "EU-BRU", "POST", "/v1/events", [good], SINGLE)
    yield Act("no array", "EU-BRU", "POST", "/v1/events", good, BATCH)
    yield Act("not UTF-8", "EU-BRU", "POST", "/v1/events", b'{"id":"\xff"}', SINGLE)
    yield Act("content type", "EU-BRU", "POST", "/v1/events", good, "text/plain")
    yield Act("too large", "EU-BRU", "POST", "/v1/events", {**good, "data": {"topic": "x" * 1_200_000}}, SINGLE)
    yield Act("said twice", "EU-BRU", "POST", "/v1/events", b'{"id":"1","id":"2"}', SINGLE)
    yield Act("batch", "EU-BRU", "POST", "/v1/events", [good, bad, good], BATCH)
    yield Act("batch again", "EU-BRU", "POST", "/v1/events", [good], BATCH)
    yield Act("batch of wrong ones", "EU-BRU", "POST", "/v1/events", [bad, 7], BATCH)
    yield Act("empty batch", "EU-BRU", "POST", "/v1/events", [], BATCH)
    yield Act("known", "EU-BRU", "POST", "/v1/events/known", [good, bad, {**good, "id": "b-3"}], BATCH)
    yield Act("known, no array", "EU-BRU", "POST", "/v1/events/known", good, BATCH)
    yield Act("known", NOBODY, "POST", "/v1/events/known", [good], BATCH)


def _elsewhere() -> Iterator[Act]:
    for who in ("secretariat", "operator", "EU-BRU", NOBODY):
        yield Act("out already", who, "POST", "/v1/editions/2025S1", {})
    yield Act("not closed", "secretariat", "POST", "/v1/editions/2026S1", {})
    yield Act("no check", "secretariat", "POST", "/v1/editions/2024S1", {})
    yield Act("no half-year", "secretariat", "POST", "/v1/editions/2024", {})
    yield Act("unknown wish", "secretariat", "POST", "/v1/editions/2025S1", {"colour": "blue"})
    for method, path in (("PUT", "/v1/events"), ("POST", "/v1/views"), ("DELETE", "/v1/tokens"), ("PATCH", "/livez")):
        yield Act("method", "operator", method, path)
    yield Act("nowhere", "operator", "POST", "/v1/nothing")
    yield Act("head", "auditor", "HEAD", "/v1/views")
    yield Act("parameter", "EU-BRU", "POST", "/v1/events?after=1", [], BATCH)
    for who in ("analyst", "secretariat", "operator"):
        yield Act("rebuild", who, "POST", "/v1/mirror/rebuild")


def _people(server: Server) -> Iterator[tuple[str, Answer]]:
    """Taking in, reading, holding and erasing a person; the pseudonym comes from the first answer."""

    def ask(label: str, who: str, method: str, path: str, body: Any = None) -> tuple[str, Answer]:
        return f"{who} {method} {path.replace(name, 'NAME')} ({label})", server.ask(method, path, body, who=who)

    name = "p-not-yet"
    kim = {"name_ko": "김둘", "email": "kim@example.kr", "reference": "S-1"}
    for who in ("EU-BRU", "analyst", "operator", "secretariat", NOBODY):
        taken = ask("new", who, "POST", "/v1/persons", kim)
        yield taken
        if who == "EU-BRU":
            name = taken[1].body["pseudonym"]
    yield ask("again", "EU-BRU", "POST", "/v1/persons", kim)
    yield ask("unknown field", "EU-BRU", "POST", "/v1/persons", {"name": "Kim"})
    yield ask("no text", "EU-BRU", "POST", "/v1/persons", {"name_ko": 7})
    yield ask("nothing", "EU-BRU", "POST", "/v1/persons", b"")
    yield ask("ORCID", "EU-BRU", "POST", "/v1/persons", {"orcid": "0000-0000-0000-0000"})
    yield ask("resolve", "EU-BRU", "POST", "/v1/persons/resolve", {"references": ["S-1", "S-2", "S-2"]})
    yield ask("resolve", "secretariat", "POST", "/v1/persons/resolve", {"references": ["S-1"]})
    yield ask("no list", "EU-BRU", "POST", "/v1/persons/resolve", {"references": "S-1"})
    it = f"/v1/persons/{name}"
    for who in ("EU-BRU", "AS-SIN", "persons", "secretariat", "analyst", "operator", "auditor", NOBODY):
        yield ask("read", who, "GET", f"{it}?purpose=visa")
    yield ask("one field", "persons", "GET", f"{it}?purpose=visa&fields=name_ko&basis=PIPA+17")
    yield ask("no such field", "persons", "GET", f"{it}?purpose=visa&fields=colour")
    yield ask("no purpose", "persons", "GET", it)
    yield ask("no basis", "persons", "GET", f"{it}?purpose=visa&basis=")
    yield ask("parameter", "persons", "GET", f"{it}?purpose=visa&colour=blue")
    yield ask("nobody known", "persons", "GET", "/v1/persons/p-none?purpose=visa")
    yield ask("restate", "EU-BRU", "POST", it, {**kim, "email": "kim2@example.kr"})
    yield ask("restate", "AS-SIN", "POST", it, kim)
    yield ask("restate", "persons", "POST", it, kim)
    yield ask("reference taken", "EU-BRU", "POST", it, {"reference": "S-2"})
    for what, said, wrong in (
        ("consents", {"purpose": "visa", "until": "2027-12-31"}, {"purpose": 7}),
        ("holds", {"law": "Records Act 26", "until": "2030-12-31"}, {"until": "soon"}),
    ):
        key = "purpose" if what == "consents" else "law"
        for who in ("EU-BRU", "AS-SIN", "analyst"):
            yield ask("right", who, "POST", f"{it}/{what}", said)
        yield ask("wrong", "EU-BRU", "POST", f"{it}/{what}", wrong)
        yield ask("of none", "EU-BRU", "POST", f"/v1/persons/p-none/{what}", said)
        if what == "holds":
            yield ask("held", "EU-BRU", "DELETE", f"{it}?basis=PIPA+36")
        yield ask("without", "EU-BRU", "DELETE", f"{it}/{what}")
        yield ask("other", "EU-BRU", "DELETE", f"{it}/{what}?{key}=other")
        yield ask("end", "EU-BRU", "DELETE", f"{it}/{what}?{key}={said[key].replace(' ', '+')}")
    yield ask("erase", "AS-SIN", "DELETE", f"{it}?basis=PIPA+36")
    yield ask("erase, no basis", "EU-BRU", "DELETE", it)
    yield ask("erase", "EU-BRU", "DELETE", f"{it}?basis=PIPA+36")
    yield ask("erased", "EU-BRU", "DELETE", f"{it}?basis=PIPA+36")
    yield ask("erased", "persons", "GET", f"{it}?purpose=visa")
    yield ask("listed", "secretariat", "GET", "/v1/persons")


def _tokens(server: Server) -> Iterator[tuple[str, Answer]]:
    def ask(label: str, who: str, method: str, path: str, body: Any = None) -> tuple[str, Answer]:
        name = who if who in (*PEOPLE, NOBODY) else "its token"
        return f"{name} {method} {path} ({label})", server.ask(method, path, body, who=who)

    for who in ("secretariat", NOBODY):
        yield ask("not yours", who, "POST", "/v1/tokens", {"role": "analyst"})
    yield (issued := ask("analyst", "operator", "POST", "/v1/tokens", {"role": "analyst", "label": "surface"}))
    yield ask("hub", "operator", "POST", "/v1/tokens", {"role": "hub", "hub": "AS-SIN", "cross_border": True})
    yield ask("no hub", "operator", "POST", "/v1/tokens", {"role": "hub"})
    yield ask("unknown hub", "operator", "POST", "/v1/tokens", {"role": "hub", "hub": "EU-XXX"})
    yield ask("unknown role", "operator", "POST", "/v1/tokens", {"role": "gardener"})
    yield ask("unknown wish", "operator", "POST", "/v1/tokens", {"role": "analyst", "colour": "blue"})
    yield ask("not JSON", "operator", "POST", "/v1/tokens", b"{")
    id_ = issued[1].body["id"]
    yield ask("not yours", "secretariat", "DELETE", f"/v1/tokens/{id_}")
    yield ask("end", "operator", "DELETE", f"/v1/tokens/{id_}")
    yield ask("ended", "operator", "DELETE", f"/v1/tokens/{id_}")
    yield ask("none", "operator", "DELETE", "/v1/tokens/c-none")
    yield ask("ended", issued[1].body["token"], "GET", "/v1/views")
    yield ask("listed", "operator", "GET", "/v1/tokens")
    yield ask("end of the story", "auditor", "GET", "/v1/events?after=188&limit=1000")
