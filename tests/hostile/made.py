"""Bodies and queries as nobody means them, made from a seed: the same number makes the same request for ever."""

from __future__ import annotations

import gzip
import json
import random
from typing import Any, NamedTuple
from urllib.parse import quote

from api.http.openapi.declared import PARAMETERS
from api.http.parameters import TAKES
from api.reads import catalogue
from api.web.site import PLACES
from domain.registry import KINDS, TYPES
from projections.definitions import INDICATORS
from projections.mirror.public_views import PUBLIC_VIEWS
from tests.api.door import BATCH, DESIGNATION, SINGLE, event

WHO = ("EU-BRU", "AS-SIN", "secretariat", "operator", "analyst", "auditor", "nobody", "")


class Request(NamedTuple):
    method: str
    path: str
    who: str
    headers: dict[str, str]
    body: bytes | None


WORDS = (
    "",
    " ",
    "case:1",
    "hub:EU-BRU",
    "EU-BRU",
    "2025S1",
    "0000S0",
    "9999S2",
    "x" * 300,
    "x" * 5_000,
    "\x00",
    "\n",
    "\u202e",
    "'; DROP TABLE event; --",
    "%",
    "../..",
    "NaN",
    "Infinity",
    "null",
    "true",
    "ﷺ" * 40,
    "a" + "\u0301\u0323" * 40,
    "\ud83d\ude00",
    "010-1234-5678",
    "900101-1234567",
    "a@b.kr",
    "[at]" * 50,
    "1-" * 100,
    "가나다",
    "-1",
    "0",
    "1e999",
    "0001-01-01",
    "9999-12-31",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999999-14:00",
    "2025-03-03T10:00:00+01:00",
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**53, 2**63, 2**64, 10**400, 0.1, -0.0, 1e308, [], {}, [[]], [{}], {"": ""}),
    *({"amount": "1", "currency": "KRW"}, {"amount": "1e30", "currency": "XXX"}, {"EU-BRU": "1"}, {"EU-BRU": "NaN"}),
)
FACTS: dict[str, dict[str, Any]] = {
    "case.opened": {"topic": "visa"},
    "case.resolved": {"resolution": "done"},
    "project.proposed": {"title_en": "x", "partners": ["p"]},
    "project.funding_spent": {"money": {"amount": "1", "currency": "KRW"}, "funder": "KR"},
    "project.credit_shared": {"shares": {"EU-BRU": "0.5", "AS-SIN": "0.5"}},
    "hub.designated": DESIGNATION,
    "calendar.published": {"version": 1, "tz": "Europe/Brussels", "weekly_open": [], "source": "x"},
    "fx.published": {"version": 1, "as_of": "2025-07-01", "source": "BOK", "rates": {"EUR": {"2025-03-03": "1500"}}},
    "entry.voided": {"entry": 5, "reason": "CLERICAL"},
    "entry.corrected": {"entry": 9, "reason": "CLERICAL", "data": {"topic": "tax"}},
}
POPULATIONS = (
    "SELECT position FROM event",
    "SELECT 1 AS position",
    "SELECT position FROM nowhere",
    "SELECT",
    "DROP TABLE event",
    "SELECT position FROM event WHERE stream LIKE '%a%a%a%'",
    "SELECT NULL AS position",
    "SELECT -1 AS position",
    "SELECT length(repeat('a', 4000000000)) AS position",
    "SELECT count(*) AS position FROM event a, event b, event c",
    "SELECT 1 AS position, 2 AS position",
    "FROM range(1000000000000)",
    "SELECT 1e30 AS position",
    "((((((((",
)


def body(number: int, seed: int = 11) -> Request:
    """A post that is nearly an event, or nearly a batch of them."""
    dice = random.Random(f"body {seed} {number}")
    who = dice.choices(WHO, (30, 10, 20, 5, 2, 2, 1, 1))[0]
    many = dice.random() < 0.3
    made = [_event(dice, number, nth) for nth in range(dice.choice((1, 2, 5, 20)) if many else 1)]
    raw = json.dumps(made if many else made[0], ensure_ascii=dice.random() < 0.5).encode(errors="surrogatepass")
    headers = {"Content-Type": BATCH if many else SINGLE}
    if dice.random() < 0.2:
        raw = _broken(dice, raw)
    if dice.random() < 0.05:
        headers["Content-Encoding"] = dice.choice(("gzip", "deflate", "br", "identity", "x"))
        raw = gzip.compress(raw) if dice.random() < 0.7 else raw
    if dice.random() < 0.03:
        headers["Content-Type"] = dice.choice(("", "text/plain", "application/json", SINGLE + "; charset=x", "\xff"))
    path = dice.choices(BODY_ROUTES, (90, 5, 3, 2))[0]
    _told_besides(random.Random(f"besides {seed} {number}"), headers)
    return Request("POST", path, who, headers, raw)


def _told_besides(dice: random.Random, headers: dict[str, str]) -> None:
    """Another way to send an event, and how it is to be recorded."""
    if dice.random() < 0.1:
        headers["Content-Type"] = dice.choice(("application/json", "application/x-ndjson"))
    if dice.random() < 0.1:
        for name in ("specversion", "id", "source", "type", "subject", "time", "imported", "data", "x" * 90):
            if dice.random() < 0.7:
                headers[f"ce-{name}"] = dice.choice(ATTRIBUTES)
    if dice.random() < 0.1:
        headers[dice.choice(TERMS)] = dice.choice(ATTRIBUTES)


def query(number: int, seed: int = 11) -> Request:
    """A question to one of the routes, by one of the roles, with words that may or may not stand there."""
    dice = random.Random(f"query {seed} {number}")
    method, route = dice.choice(ROUTES)
    takes = {**TAKES, **{f"GET {it}": names for it, names in PAGES.items()}}
    names = takes.get(f"{'GET' if method == 'HEAD' else method} {route}", "").replace("*", "").split()
    given = [name for name in names if dice.random() < 0.35] + dice.choices(("x", "known"), k=dice.random() < 0.1)
    asked = "&".join(f"{quote(name)}={_quoted(dice, _asked(dice, name))}" for name in given)
    path = "/".join(_part(dice, it) if it.startswith("{") else it for it in route.split("/"))
    headers = {}
    if dice.random() < 0.2:
        name = dice.choice(
            ("Accept", "Range", "If-None-Match", "If-Modified-Since", "Last-Event-ID", "Accept-Encoding", "Prefer")
        )
        headers[name] = dice.choice(("*/*", "\xff", "bytes=-", "text/html;q=nan", "x" * 500, "-1", "gzip;q=x"))
    sent = None
    if method in ("POST", "DELETE", "PUT"):
        sent, headers["Content-Type"] = dice.choice(SENT), dice.choice(TYPES_SENT)
    elif method == "GET":
        method = dice.choices(("GET", "HEAD", "DELETE", "PUT"), (94, 2, 2, 2))[0]
    return Request(method, path + (f"?{asked}" if asked else ""), dice.choice(WHO), headers, sent)


PAGES = {it.canonical: f"known valid lang {it.takes}" for it in PLACES} | {
    "/editions/{period}/{number}": "lang",
    "/editions/{period}/{number}.{format}": "lang",
    "/helpdesk.ics": "known valid lang hub",
    "/sign-in": "lang to",
    "/sign-in/once/{code}": "lang",
    "/sign-in/issuer": "lang to",
    "/sign-in/issuer/back": "code state iss error",
    "/static/{name}": "v",
}
"""The parameters of each page, which who has signed in is shown."""
ROUTES = (
    *(("GET", it.path) for it in catalogue.ALL),
    *(("GET", it) for it in ("/v1/views/{view}", "/v1/indicators/{code}")),  # those twice
    *(("GET", it) for it in PAGES),
    *(("GET", it) for it in ("/v1/work", "/v1/work/{id}", "/v1/work/{id}/answer", "/v1/tokens", "/v1/persons")),
    *(("GET", it) for it in ("/v1/persons/{person}", "/livez", "/readyz", "/metrics", "/openapi.json", "/nowhere")),
    *((method, "/v1/evidence/{sha256}") for method in ("GET", "PUT")),
    ("HEAD", "/v1/events/live"),  # the feed itself has no end
    *(("POST", it) for it in ("/sign-in", "/sign-out", "/v1/tokens", "/v1/editions/{period}", "/v1/mirror/rebuild")),
    *(("POST", it) for it in ("/sign-in/once/{code}", "/v1/tokens/{id}/rotation")),
    *(("POST", it) for it in ("/v1/persons/{person}", "/v1/persons/{person}/consents", "/v1/persons/{person}/holds")),
    *(("DELETE", it) for it in ("/v1/work/{id}", "/v1/tokens/{id}", "/v1/persons/{person}")),
    *(("DELETE", it) for it in ("/v1/persons/{person}/consents", "/v1/persons/{person}/holds")),
)
TERMS = ("Idempotency-Key", "If-Match", "If-None-Match", "If-Unmodified-Since", "Prefer")
ATTRIBUTES = (
    *("1.0", "case:1", "case.opened", "%EC%84%9C", "%C0%A0", "%", '"', '"a\\"b"', '"1"', "*", 'W/"1"', "\xff", "true"),
    *("return=minimal", "2025-03-03T10:00:00+01:00", "x" * 3_000, '"' + "\\" * 999, '"1", ' * 500),
)
BODY_ROUTES = ("/v1/events", "/v1/events/known", "/v1/persons", "/v1/persons/resolve")
SENT = (
    *(None, b"", b"{}", b"[]", b"null", b"\xff\xfe", b"[" * 5_000, b'{"role":"hub","hub":"EU-BRU"}', b"token=%FF"),
    *(b"token=x&to=//x", b"--x\r\nContent-Disp", b'{"purpose":"x","countries":[NaN]}', b"x" * 2_000_000),
)
TYPES_SENT = (
    *("application/json", "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=x"),
    *("multipart/form-data; boundary=x", "multipart/form-data", "text/plain", ""),
)


def _event(dice: random.Random, number: int, nth: int) -> Any:
    if dice.random() < 0.04:
        return dice.choice(VALUES)
    type_ = dice.choice([*FACTS, *FACTS, *TYPES, "case.opend", ""])
    kind = type_.partition(".")[0] if dice.random() < 0.85 else dice.choice([*KINDS])
    kind = {"entry": "case"}.get(kind, kind)
    subject = f"{kind}:{dice.choice(('1', '2', 'EU-BRU', '2025S1', '2025S1-EU-BRU', f'{number}-{nth}'))}"
    data = dict(FACTS.get(type_, {}))
    made = event(type_, subject, f"{number}/{nth}" if dice.random() < 0.9 else "again", data)
    for target in (made, data):
        while dice.random() < 0.3:
            name = dice.choice([*target, *target, "zone", "evidence", "imported", "data_base64", "note", "b" * 40, ""])
            target[name] = dice.choice(WORDS) if dice.random() < 0.6 else dice.choice(VALUES)
            if dice.random() < 0.2:
                del target[name]
    return made


def _broken(dice: random.Random, raw: bytes) -> bytes:
    at = dice.randrange(len(raw) + 1)
    return dice.choice(
        (
            *(
                raw[:at],
                raw[:at] + bytes([dice.randrange(256)]) + raw[at + 1 :],
                raw + raw,
                raw[:at] + b"\\ud800" + raw[at:],
            ),
            *(raw.replace(b'"visa"', b"[" * 1_100 + b"]" * 1_100), raw.replace(b'"1"', b"NaN"), b"\xef\xbb\xbf" + raw),
            *(raw.replace(b": ", b":" + b" " * 5_000), b"[" * at, b"{}" * at, raw.replace(b"a", b"\xff"), b""),
        )
    )


def _asked(dice: random.Random, name: str) -> str:
    if dice.random() < 0.3:
        return dice.choice(WORDS)
    number = str(dice.choice((0, 1, 5, 9, 20, 10**6, 10**18)))
    return dice.choice(
        {
            "known": (number, "2025-07-01", "2025S1/1", "2025-07-01T00:00:00+09:00"),
            "valid": ("2025-06-30", "0001-01-01", "9999-12-31", "2025-06-30T15:00:00Z"),
            "by": ("hub", "hub,period", "field", "country,hub", "ministry", "x"),
            "where": ("hub=EU-BRU", "hub=", "stream=case:1", "=", "country=BE", "period=2025S1"),
            "period": ("2025S1", "2025S2", "1S"),
            "format": ("json", "csv", "parquet", "arrow", "ndjson", "html", "tlog-proof", "zip"),
            "raw": ("true", "false", "1"),
            "fx": ("2025S1:1", "x:1", ":", "2025S1:1,2025S1:2"),
            "indicator": (*INDICATORS, "XX-99"),
            "hub": ("EU-BRU", "AS-SIN", "XX"),
            "type": ("case.opened", "case.opend"),
            "stream": ("case:1", "hub:EU-BRU", "nothing"),
            "population": POPULATIONS,
            "lang": ("ko", "en", "xx"),
            "to": ("/", "//x", "/\r\nX: y"),
            "v": ("x", "0"),
            "seed": ("7", ""),
        }.get(name, (number, number, "7", "true"))
    )


def _part(dice: random.Random, part: str) -> str:
    if dice.random() < 0.15:
        return _quoted(dice, dice.choice(WORDS))
    return dice.choice(
        {
            "{position}": ("1", "9", "0", "999999999"),
            "{type}": (*FACTS, "case.opend"),
            "{view}": (*PUBLIC_VIEWS, "casses"),
            "{stream}": ("case:1", "hub:EU-BRU", "credential:1", "check:2025S1", "x"),
            "{code}": (*INDICATORS, "HD-1"),
            "{period}": ("2025S1", "2025S2", "9999S9"),
            "{number}": ("1", "2", "99999"),
            "{digest}": ("0" * 64, "x"),
            "{table}": ("event", "case_opened"),
            "{number}.{format}": ("1.html", "1.xlsx", "1.hwpx", "1.zip", "1.json", "1.exe"),
            "{level}": ("0", "1", "entries", "99"),
            "{path}": ("000", "000.p/1", "x000/000", "xxx"),
            "{person}": ("p", "p-0000"),
            "{sha256}": ("ab" * 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "%2e%2e"),
            "{id}": ("c-000000000000", "x", "N0Xs62y5b08qYvm1"),
            "{hub}": ("EU-BRU", "AS-SIN", "XX"),
            "{name}": ("sagwan.css", "icon.svg", "x", "site.py"),
        }.get(part)
        or _examples(part[1:-1])
    )


def _examples(name: str) -> list[str]:
    """What the contract has of a part of a path. Raises KeyError for one without a list or an example."""
    schema = PARAMETERS["path"][name].whole_schema
    return schema.get("enum") or schema["examples"]


def _quoted(dice: random.Random, word: str) -> str:
    return (
        dice.choice(("%", "%zz", "%FF%FE", "%00", "%ED%A0%80"))
        if dice.random() < 0.03
        else quote(word.encode(errors="surrogatepass"), safe="")
    )
