"""Pages: who may see them, that every link of every page leads somewhere, and that they say what the reads say."""

from __future__ import annotations

import http.client
import re
from html import unescape
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
import pytest

from api.server.sessions import MOST_OF_A_TOKEN
from tests.api.door import SINGLE, Door, event, opened
from tests.api.half_year import HalfYear, taken

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MULTIPART = "multipart/form-data; boundary=x"
LINK = re.compile(r'(?:href|action)="(/[^"]*)"')


class Shown(NamedTuple):
    status: int
    headers: dict[str, str]
    text: str

    @property
    def links(self) -> set[str]:
        return {unescape(it).partition("#")[0] for it in LINK.findall(self.text)}


class Packed(NamedTuple):
    headers: dict[str, str]
    body: bytes


class Browser:
    """What a browser without scripts does: it keeps cookies, and follows nothing by itself."""

    def __init__(self, door: Door) -> None:
        self.at = urlsplit(door.url).netloc
        self.cookie = ""

    def ask(self, method: str, path: str, form: dict[str, str] | None, **headers: str) -> Shown:
        connection = http.client.HTTPConnection(self.at, timeout=60)
        body = urlencode(form) if form is not None else None
        connection.request(method, path, body, (FORM if body else {}) | {"Cookie": self.cookie} | headers)
        answer = connection.getresponse()
        told = dict(answer.getheaders())
        if set_ := told.get("Set-Cookie"):
            self.cookie = set_.partition(";")[0]
        shown = Shown(answer.status, told, answer.read().decode(errors="replace"))
        connection.close()
        return shown

    def get(self, path: str, **headers: str) -> Shown:
        return self.ask("GET", path, None, **headers)

    def raw(self, path: str, **headers: str) -> Packed:
        """What comes as it is sent."""
        connection = http.client.HTTPConnection(self.at, timeout=60)
        connection.request("GET", path, headers={"Cookie": self.cookie} | headers)
        answer = connection.getresponse()
        packed = Packed(dict(answer.getheaders()), answer.read())
        connection.close()
        return packed

    def post_json(self, path: str, body: object, **headers: str) -> tuple[int, str]:
        """As a script of a page posts an event."""
        connection = http.client.HTTPConnection(self.at, timeout=60)
        connection.request(
            "POST", path, msgspec.json.encode(body), {"Content-Type": SINGLE, "Cookie": self.cookie} | headers
        )
        answer = connection.getresponse()
        told = answer.status, answer.read().decode()
        connection.close()
        return told

    def sign_in(self, token: str, to: str = "/") -> Shown:
        return self.ask("POST", "/sign-in", {"token": token, "to": to})


def signed_in(door: Door, who: str = "secretariat") -> Browser:
    browser = Browser(door)
    assert browser.sign_in(door.tokens[who]).status == 303
    return browser


def test_who_has_not_signed_in_is_asked_to_and_comes_where_he_wanted(door: Door) -> None:
    browser = Browser(door)
    sent = browser.get("/indicators/HD-01?period=2025S1")
    assert (sent.status, sent.headers["Location"]) == (303, "/sign-in?to=%2Findicators%2FHD-01%3Fperiod%3D2025S1")
    form = browser.get(sent.headers["Location"])
    assert 'name="to" value="/indicators/HD-01?period=2025S1"' in form.text
    come = browser.sign_in(door.tokens["analyst"], "/indicators/HD-01?period=2025S1")
    assert (come.status, come.headers["Location"]) == (303, "/indicators/HD-01?period=2025S1")
    assert browser.get(come.headers["Location"]).status == 200
    report = Browser(door).get("/editions/2025S1/1")
    assert (report.status, report.headers["Location"]) == (303, "/sign-in?to=%2Feditions%2F2025S1%2F1")


@pytest.mark.parametrize(
    "to",
    [
        *("//elsewhere.example", "/\\elsewhere.example", "https://elsewhere.example", ""),
        *("/\r\nSet-Cookie: sagwan-session=mine", "/\n", "/ ", "/\u2028", "/가"),
    ],
)
def test_signing_in_leads_to_no_other_site(door: Door, to: str) -> None:
    assert Browser(door).sign_in(door.tokens["analyst"], to).headers["Location"] == "/"


def test_a_cookie_is_for_this_site_and_for_no_script_and_opens_pages_alone(door: Door) -> None:
    browser = Browser(door)
    told = browser.sign_in(door.tokens["secretariat"]).headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {it.strip() for it in told.split(";")}
    assert browser.get("/").status == 200
    assert browser.get("/v1/events").status == 401


def test_a_form_of_another_site_signs_nobody_in_or_out(door: Door) -> None:
    browser = signed_in(door)
    foreign = ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"})
    for headers in foreign:
        assert browser.ask("POST", "/sign-out", {}, **headers).status == 403
        assert browser.ask("POST", "/sign-in", {"token": door.tokens["analyst"]}, **headers).status == 403
    assert browser.get("/").status == 200
    assert browser.ask("POST", "/sign-out", {}).headers["Location"] == "/sign-in"
    assert browser.get("/").status == 303


@pytest.mark.parametrize(
    ("type_", "body", "status"),
    [
        (FORM["Content-Type"], b"token=\xff\xfe", 400),
        (FORM["Content-Type"], b"token=%FF%FE", 400),
        (FORM["Content-Type"], b"a=1&" * 100, 400),
        (FORM["Content-Type"], b"token=" + b"x" * 100_000, 413),
        (FORM["Content-Type"] + "; charset=nonsense", b"token=x", 401),
        (FORM["Content-Type"], b"", 401),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="token"\r\n\r\n\xff\r\n--x--',
            415,
        ),
        (MULTIPART, b"--x\r\nContent-Disp", 415),
        ("multipart/form-data", b"x", 415),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n',
            415,
        ),
        ("application/json", b"{}", 415),
    ],
)
def test_what_no_browser_sends_is_told_to_a_stranger_and_is_no_fault_of_the_server(
    door: Door, type_: str, body: bytes, status: int
) -> None:
    connection = http.client.HTTPConnection(urlsplit(door.url).netloc, timeout=20)
    connection.request("POST", "/sign-in", body, {"Content-Type": type_})
    assert connection.getresponse().status == status
    connection.close()


def test_who_signs_in_again_and_again_ends_his_own_sessions_and_nobody_elses(door: Door) -> None:
    other = signed_in(door, "analyst")
    mine = [signed_in(door, "auditor") for _ in range(MOST_OF_A_TOKEN + 3)]
    assert [it.get("/").status for it in mine] == [303] * 3 + [200] * MOST_OF_A_TOKEN
    assert other.get("/").status == 200


def test_a_session_ends_with_its_token(door: Door) -> None:
    made = door.ask("POST", "/v1/tokens", {"role": "auditor"}, who="operator").body
    browser = Browser(door)
    browser.sign_in(made["token"])
    assert browser.get("/").status == 200
    assert door.ask("DELETE", f"/v1/tokens/{made['id']}", None, who="operator").status == 204
    assert browser.get("/").status == 303


def test_a_token_that_is_none_is_told_so_and_never_said_again(door: Door) -> None:
    browser = Browser(door)
    refused = browser.sign_in("sagwan-analyst-guessed")
    assert refused.status == 401
    assert "guessed" not in refused.text
    assert "운영자" in refused.text
    assert not browser.cookie


@pytest.mark.parametrize("who", ["secretariat", "analyst", "EU-BRU"])
def test_every_link_of_every_page_leads_to_one(door: Door, who: str) -> None:
    browser = signed_in(door, who)
    seen, ahead = dict[tuple[str, ...], str](), ["/"]
    while ahead:
        path = ahead.pop(0)
        if (shape := _shape(path)) in seen or shape == ("sign-out",):
            continue
        shown = browser.get(path, Referer=f"{door.url}/")
        assert shown.status == 200, path
        seen[shape] = path
        ahead += sorted(shown.links)
    assert {it[0] for it in seen} >= {"", "hubs", "indicators", "editions", "irregularities", "streams", "static"}


def _shape(path: str) -> tuple[str, ...]:
    """What one link of many stands for: its place, how deep it is and what it says beside."""
    at = urlsplit(path)
    first, *rest = at.path.strip("/").split("/")
    return first, *("*" for _ in rest), *sorted({name for name, _ in parse_qsl(at.query)} - {"v"})


def test_a_page_speaks_one_language_and_every_link_keeps_it(door: Door) -> None:
    browser = signed_in(door)
    for asked, language in (("/", "ko"), ("/?lang=en", "en")):
        shown = browser.get(asked)
        assert f'<html lang="{language}">' in shown.text
        kept = {it for it in shown.links if it.startswith("/indicators")}
        assert kept
        assert all(("lang=en" in it) == (language == "en") for it in kept)
    assert '<html lang="en">' in browser.get("/", **{"Accept-Language": "en-GB,en;q=0.9,ko;q=0.5"}).text
    assert '<html lang="ko">' in browser.get("/", **{"Accept-Language": "fr"}).text


def test_a_page_shows_the_world_as_it_was_known_and_says_so(door: Door) -> None:
    browser = signed_in(door)
    before = door.get("/v1/views/cases", who="auditor").body["position"]
    now = browser.get("/indicators/HD-01?period=2025S1&lang=en").text
    HalfYear(door).cases("EU-BRU", 1)
    later = browser.get("/indicators/HD-01?period=2025S1&lang=en&known=now").text
    then = browser.get(f"/indicators/HD-01?period=2025S1&lang=en&known={before}").text
    counted = re.compile(r">(\d+)<small> case")
    assert counted.findall(later) == [str(int(n) + (n != "0")) for n in counted.findall(then)]
    assert counted.findall(then) == counted.findall(now)
    assert f"As recorded by entry {before}" in then


def test_nothing_but_our_own_is_loaded_and_no_page_is_kept(door: Door) -> None:
    shown = signed_in(door).get("/")
    assert shown.headers["Cache-Control"] == "no-store"
    assert shown.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    assert not re.search(r'(?:src|href)="(?!/|#)', shown.text)
    assert re.findall(r"<script[^>]*>", shown.text) == re.findall(
        r'<script type="module" src="/static/time.mjs[?]v=[0-9a-f]+">', shown.text
    )
    assert " style=" not in shown.text
    (style,) = re.findall(r'href="(/static/[^"]+[.]css[^"]*)"', shown.text)
    kept = Browser(door).get(style)
    assert (kept.status, kept.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
    assert Browser(door).get(style.partition("?")[0]).headers["Cache-Control"] == "no-cache"
    assert Browser(door).get("/static/none.css").status == 404


def test_figures_of_persons_are_withheld_from_an_analyst_and_the_page_says_so(door: Door) -> None:
    shown = signed_in(door, "analyst").get("/indicators/HD-07?period=2025S1&lang=en")
    assert shown.status == 200
    assert "in editions only" in shown.text


def test_of_a_point_of_time_the_half_year_is_shown_that_ran_then(door: Door) -> None:
    browser = signed_in(door)
    assert "First half of 2025, 2 hubs</h1>" in browser.get("/?lang=en").text, "the last that was published"
    then = browser.get("/?lang=en&valid=2025-03-10").text
    assert "First half of 2025, 2 hubs <small>running</small></h1>" in then


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/indicators/HD-1", 404, "indicator.none"),
        ("/hubs/EU-BRX", 404, "hub.none"),
        ("/checks/2031S1", 404, "check.none"),
        ("/streams/case:none", 404, "stream.none"),
        ("/?period=2031S1", 400, "query.unknown_word"),
        ("/?known=9999999", 422, "position.ahead"),
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(door: Door, path: str, status: int, code: str) -> None:
    shown = signed_in(door).get(path)
    assert (shown.status, code in shown.text) == (status, True)
    assert shown.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("path", "named"),
    [("/hubs/eu-bru", "EU-BRU"), ("/indicators/hd-01", "HD-01"), ("/compare?a=1&b=2&hub=eu-bru", "EU-BRU")],
)
def test_an_address_names_a_hub_or_an_indicator_in_capitals_or_not(door: Door, path: str, named: str) -> None:
    shown = signed_in(door).get(path)
    assert (shown.status, named in shown.text) == (200, True)


def test_what_hubs_write_is_text_and_no_markup(door: Door) -> None:
    taken(door.post(opened("case:evil", "evil", topic="<script>alert(1)</script>")))
    shown = signed_in(door).get("/streams/case:evil")
    assert "&lt;script&gt;alert(1)" in shown.text
    assert "<script>" not in shown.text


def test_what_is_decided_of_a_hub_for_a_day_to_come_stands_on_its_page(door: Door) -> None:
    renewed = {"starts_on": "2090-01-01", "ends_on": "2092-12-31", "decision_ref": "R-90"}
    told = [
        ("hub.suspended", {"on": "2089-03-01", "reason": "시설 공사"}),
        ("hub.operator_appointed", {"operator": "KIST", "name_ko": "한국과학기술연구원", "on": "2089-05-01"}),
        ("hub.renewed", renewed),
    ]
    for n, (type_, data) in enumerate(told):
        taken(door.post(event(type_, "hub:AS-SIN", f"planned-{n}", data), who="secretariat"))
    ends = {"other": "EU-BRU", "on": "2089-04-01", "reason": "협약 만료"}
    taken(door.post(event("centre.unlinked", "centre:AS-SIN", "planned-centre", ends), who="secretariat"))
    restated = {
        "entry": int(door.get("/readyz").body["position"]) - 1,
        "reason": "CLERICAL",
        "data": renewed | {"ends_on": "2093-12-31"},
    }
    last = taken(door.post(event("entry.corrected", "hub:AS-SIN", "planned-c", restated), who="secretariat"))
    assert (
        door.get(f"/v1/views/planned?after={last.body['position']}", who="secretariat").status == 200
    )  # pages may lag
    browser = signed_in(door)
    shown = browser.get("/hubs/AS-SIN").text
    card = shown.partition("<h2>시행 예정</h2>")[2].partition("</section>")[0]
    assert re.findall(r"<b><time[^>]*>([^<]*)</time></b> ([^<]*?) <small>", card) == [
        ("2089-03-01", "지정 정지"), ("2089-04-01", "해외센터 연계 종료"), ("2089-05-01", "운영기관 지정"),
        ("2090-01-01", "지정 갱신"),
    ]  # fmt: skip
    assert [said in card for said in ("시설 공사", "협약 만료", "한국과학기술연구원", "2093-12-31", "2092-12-31")] == [
        True, True, True, True, False,
    ]  # fmt: skip
    assert "Planned</h2>" in browser.get("/hubs/AS-SIN?lang=en").text
    assert "시행 예정</h2>" not in browser.get("/hubs/EU-BRU").text
    assert "시행 예정</h2>" not in browser.get("/hubs/AS-SIN?valid=2095-01-01").text, "it has taken effect by then"


def test_what_belongs_to_no_designated_hub_has_a_row_and_counts_as_no_hub(door: Door) -> None:
    stream, shares = "project:shared", {"EU-BRU": "0.75", "XX-NONE": "0.25"}
    for type_, data in (("project.launched", {"on": "2025-03-03"}), ("project.credit_shared", {"shares": shares})):
        told = taken(door.post(event(type_, stream, f"shared-{type_}", data, time="2025-03-03T09:00:00Z")))
    assert door.get(f"/v1/indicators/JR-01?after={told.body['position']}").status == 200
    browser = signed_in(door)
    overview = browser.get("/").text
    assert "거점센터 2곳</h1>" in overview
    row = overview.partition('<th scope="row">미지정</th>')[2].partition("</tr>")[0]
    assert "0.25" in row
    page = browser.get("/indicators/JR-01?lang=en").text
    assert re.search(r'<th scope="row">No designated hub</th><td>\s*0.25', page)
    assert "in no number of hubs and no median" in page
