"""People whom an issuer knows: they sign in there, and are pseudonyms here; programs send its tokens to `/v1`."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
import oidc_provider_mock
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter
from werkzeug.serving import make_server

from api.server import issuer
from api.server.grants import Grant, Grants
from tests.api.door import Door
from tests.api.half_year import taken
from tests.api.test_crash import Server
from tests.commands import command
from tests.web.test_pages import Browser, Shown
from tests.web.test_sessions import proof_in

KIM = {
    "sub": "kim",
    "name": "김하나",
    "email": "kim@msit.example.kr",
    "groups": ["staff", "msit-rnd"],
    "realm_access": {"roles": ["reader"]},
}
PARK = {"sub": "park", "name": "Park Duri", "email": "park@house.example.kr", "groups": ["house"]}
STRANGER = {"sub": "lee", "name": "이세모", "groups": ["elsewhere"]}

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # what the package's server uses of others

STRANGE_KEYS = (
    {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA", "kid": "pq"},
    {"kty": "EC", "crv": "brainpoolP256r1", "x": "AAAA", "y": "AAAA", "kid": "bp"},
    {"kty": "RSA", "kid": "broken"},
)

FILE = """
issuer = "{issuer}"
client_id = "sagwan"
client_secret_file = "{secret}"
audience = "sagwan-api"

[[grants]]
claim = "groups"
value = "msit-rnd"
role = "official"
scope = {{ ministries = ["MSIT"] }}

[[grants]]
claim = "groups"
value = "house"
role = "secretariat"
persons = "all"
"""


class Provider:
    """The OIDC server of a package, and what was asked of it."""

    def __init__(self) -> None:
        users = [
            oidc_provider_mock.User(sub=str(it["sub"]), claims={k: v for k, v in it.items() if k != "sub"})
            for it in (KIM, PARK, STRANGER)
        ]
        app = oidc_provider_mock.app(user_claims=users, require_nonce=True)
        self.asked: list[tuple[str, dict[str, list[str]], Mapping[str, str]]] = []

        import flask

        @app.before_request
        def note() -> None:
            said = parse_qs(flask.request.query_string.decode()) | parse_qs(flask.request.get_data().decode())
            self.asked.append((flask.request.path, said, dict(flask.request.headers)))
            if flask.request.path == "/jwks":
                self.answers.wait(10)

        @app.after_request
        def publish(answer: flask.Response) -> flask.Response:
            """Keys of a kind, of a curve and of a form that nobody here knows, as issuers publish beside theirs."""
            if flask.request.path == "/jwks":
                known = msgspec.json.decode(answer.get_data())["keys"]
                answer.set_data(msgspec.json.encode({"keys": [*STRANGE_KEYS, *known]}))
            return answer

        self.answers = threading.Event()
        self.answers.set()
        self.app = app
        self._server = make_server("localhost", 0, app, threaded=True)
        self.url = f"http://localhost:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def of(self, path: str) -> list[tuple[str, dict[str, list[str]], Mapping[str, str]]]:
        return [it for it in self.asked if it[0] == path]

    def agree(self, address: str, who: str) -> str:
        """What a person does there: says who he is, and is sent back to an address."""
        at = urlsplit(address)
        connection = http.client.HTTPConnection(at.netloc, timeout=30)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", f"{at.path}?{at.query}", urlencode({"sub": who}), form)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        assert answer.status == 302, answer.status
        return str(answer.getheader("Location"))

    def token(self, who: str, client: str) -> str:
        """A token that it signs for another client, as programs have one."""
        redirect = "http://localhost/back"
        asked = {
            "response_type": "code",
            "client_id": client,
            "redirect_uri": redirect,
            "scope": "openid profile email",
            "nonce": str(time.time_ns()),
        }
        address = f"{self.url}/oauth2/authorize?{urlencode(asked)}"
        (code,) = parse_qs(urlsplit(self.agree(address, who)).query)["code"]
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        wish = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "client_id": client}
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/oauth2/token", urlencode(wish | {"client_secret": "x"}), form)
        told = msgspec.json.decode(connection.getresponse().read())
        connection.close()
        return str(told["id_token"])


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    it = Provider()
    yield it
    it.stop()


def written(folder: Path, issuer: str, text: str = FILE) -> Path:
    (folder / "secret").write_text("hush: 50%+\n")
    (folder / "oidc.toml").write_text(text.format(issuer=issuer, secret=folder / "secret"))
    return folder / "oidc.toml"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("issuer")
    it = Door(folder / "data", grants=Grants.load(written(folder, provider.url)))
    it.tokens["keeper"] = taken(
        it.ask("POST", "/v1/tokens", {"role": "auditor", "persons": "all"}, who="operator")
    ).body["token"]
    yield it
    it.close()


class Person(Browser):
    """A browser that follows a sign-in to the issuer and back."""

    def begin(self, **query: str) -> str:
        """The address of the issuer to which it is sent."""
        self.state = ""
        sent = self.get(f"/sign-in/issuer?{urlencode(query)}")
        assert sent.status == 303, sent.text
        told = sent.headers["Set-Cookie"]
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= {it.strip() for it in told.split(";")}
        return sent.headers["Location"]

    def back(self, address: str, **headers: str) -> Shown:
        at = urlsplit(address)
        return self.get(f"{at.path}?{at.query}", **headers)

    def sign_in_as(self, provider: Provider, who: str, **query: str) -> Shown:
        return self.back(provider.agree(self.begin(**query), who))


def actor_of(door: Door, person: Person) -> str:
    """Under which name the record has what is done in a session."""
    proof = proof_in(person.get("/"))
    subject = f"map:{time.time_ns()}"
    posted = {
        "specversion": "1.0",
        "source": "test",
        "id": subject,
        "type": "map.drafted",
        "subject": subject,
        "time": "2025-03-03T10:00:00+01:00",
        "data": {"field": "NST12/AI", "edition": 2025},
    }
    status, told = person.post_json("/v1/events", posted, **{"Sagwan-CSRF": proof})
    assert status == 201, told
    return str(door.get(f"/v1/events/{msgspec.json.decode(told)['position']}").body["entry"]["actor"])


def test_a_person_signs_in_there_with_pkce_and_reads_pages_here(door: Door, provider: Provider) -> None:
    person = Person(door)
    shown = person.get("/sign-in?to=/hubs&lang=ko")
    assert "기관 계정으로 로그인" in shown.text
    assert "/sign-in/issuer?lang=ko&to=%2Fhubs" in shown.links
    address = person.begin(to="/hubs")
    asked = {name: it[0] for name, it in parse_qs(urlsplit(address).query).items()}
    assert address.startswith(f"{provider.url}/oauth2/authorize?")
    assert asked["redirect_uri"] == f"{door.url}/sign-in/issuer/back"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    come = person.back(provider.agree(address, "kim"))
    assert come.status == 200
    assert 'content="0;url=/hubs"' in come.text
    _, said, headers = provider.of("/oauth2/token")[-1]
    (verifier,) = said["code_verifier"]
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    assert digest == asked["code_challenge"]
    assert headers["Authorization"] == f"Basic {base64.b64encode(b'sagwan:hush%3A%2050%25%2B').decode()}"
    assert verifier not in address
    page = person.get("/")
    assert page.status == 200
    assert "부처 담당" in page.text
    person.ask("POST", "/sign-out", {})
    assert person.get("/").status == 303


def test_in_the_record_a_person_is_one_pseudonym_and_name_and_e_mail_are_in_the_vault(
    door: Door, provider: Provider
) -> None:
    first, second = Person(door), Person(door)
    for person in (first, second):
        assert person.sign_in_as(provider, "park").status == 200
    name = actor_of(door, first)
    assert name.startswith("p-")
    assert name == actor_of(door, second)
    bearer = provider.token("park", "sagwan-api")
    listed = door.get("/v1/persons", who=bearer)
    assert listed.status == 200
    held = door.get(f"/v1/persons/{name}?purpose=check", who="keeper").body["person"]
    assert (held["name_en"], held["email"]) == ("Park Duri", "park@house.example.kr")
    record = b"".join(
        door.get(f"/v1/{it}", who="auditor").raw for it in ("events?limit=10000", f"streams/person:{name}")
    )
    for personal in (b"Park", b"park@house", b"\xea\xb9\x80\xed\x95\x98\xeb\x82\x98", b"kim@msit"):
        assert personal not in record
    types = [
        it["entry"]["fact"]["type"] for it in door.get(f"/v1/streams/person:{name}", who="auditor").body["history"]
    ]
    assert types.count("person.pseudonym_issued") == 1
    assert "person.restated" not in types


def test_who_may_do_nothing_here_is_told_so_and_nothing_is_recorded_of_him(door: Door, provider: Provider) -> None:
    before = door.get("/readyz").body["position"]
    person = Person(door)
    refused = person.sign_in_as(provider, "lee")
    assert (refused.status, "권한이 없습니다" in refused.text) == (403, True)
    assert person.get("/").status == 303
    answer = door.get("/v1/views", who=provider.token("lee", "sagwan-api"))
    assert (answer.status, answer.body["code"]) == (403, "oidc.no_grant")
    assert door.get("/readyz").body["position"] == before


def test_a_sign_in_ends_in_the_browser_where_it_began_once_and_with_what_the_issuer_said(
    door: Door, provider: Provider
) -> None:
    person, other = Person(door), Person(door)
    back = provider.agree(person.begin(), "kim")
    other.begin()
    assert other.back(back).status == 401  # somebody else's code, in this browser
    begun = person.cookie
    assert person.back(back).status == 200  # which takes nothing from whose it is
    assert person.back(back).status == 401
    person.cookie = begun
    assert person.back(back).status == 401  # the code was used up
    for change in ("state=guessed", "code=guessed", "error=access_denied&code="):
        address = provider.agree(person.begin(), "kim")
        name = change.partition("=")[0]
        query = {k: v[0] for k, v in parse_qs(urlsplit(address).query).items() if k != name}
        if "error" in change:
            query.pop("code")
        asked = f"/sign-in/issuer/back?{urlencode(query)}&{change.removesuffix('&code=')}"
        refused = person.get(asked)
        assert refused.status == 401, change
        assert person.get("/").status == 303
    address = provider.agree(person.begin(), "kim")
    assert person.back(f"{address}&iss=https://elsewhere.example").status == 401


def test_a_sign_in_has_an_end_that_nobody_moves(
    door: Door, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = Person(door)
    back = provider.agree(person.begin(), "kim")
    (state,) = parse_qs(urlsplit(back).query)["state"]
    later = f"{state.partition('.')[0]}.{int(time.time()) + 9_000}"
    person.cookie = person.cookie.replace(state, later)
    assert person.back(back.replace(state, later)).status == 401
    monkeypatch.setattr(issuer, "STATE_SECONDS", -1)
    late = person.back(provider.agree(person.begin(), "kim"))
    assert (late.status, "시간이 지났거나" in late.text) == (401, True)


def test_what_the_issuer_says_besides_is_passed_over(door: Door, provider: Provider) -> None:
    person = Person(door)
    back = provider.agree(person.begin(), "kim")
    assert person.back(f"{back}&session_state=x&authuser=0&hd=msit.example.kr&client_info=y").status == 200
    for cookie in ("\xff", "", "x:y"):
        person.cookie = f"sagwan-sign-in={cookie}"
        assert person.back("/sign-in/issuer/back?state=%FF&code=x").status == 401


def test_a_token_of_the_issuer_opens_v1_as_its_claims_say(door: Door, provider: Provider) -> None:
    kim, park = provider.token("kim", "sagwan-api"), provider.token("park", "sagwan-api")
    assert door.get("/v1/views", who=kim).status == 200
    assert door.get("/v1/sample?seed=1&population=SELECT+1+AS+position", who=kim).status == 403
    assert door.get("/v1/sample?seed=1&population=SELECT+1+AS+position", who=park).status == 200
    assert door.get("/v1/views", who=provider.token("kim", "sagwan")).body["code"] == "token.invalid"
    used = door.engine.last_use.shown()
    assert any(name.startswith("p-") for name in used)


def test_the_words_of_a_scope_are_told_apart() -> None:
    grant = Grant("scope", "record.read", "analyst")
    assert grant.fits({"scope": "openid record.read"})
    assert grant.fits({"scope": ["record.read"]})
    assert not grant.fits({"scope": "record.readers"})
    assert not Grant("department", "R&D", "analyst").fits({"department": "R&D office"})


def test_a_secret_is_sent_as_the_issuer_says_that_it_takes_one(
    door: Door, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    Person(door).sign_in_as(provider, "kim")
    assert "Authorization" in provider.of("/oauth2/token")[-1][2]
    issuer = door.engine.issuer
    assert issuer
    assert issuer._addresses
    of_posts = msgspec.structs.replace(issuer._addresses, token_endpoint_auth_methods_supported=("client_secret_post",))
    monkeypatch.setattr(issuer, "_addresses", of_posts)
    Person(door).sign_in_as(provider, "kim")
    _, said, headers = provider.of("/oauth2/token")[-1]
    assert said["client_secret"] == ["hush: 50%+"]
    assert "Authorization" not in headers


def forged(provider: Provider, **change: Any) -> dict[str, Any]:
    now = int(time.time())
    claims = {"iss": provider.url, "aud": "sagwan-api", "sub": "kim", "iat": now, "exp": now + 600, "groups": ["house"]}
    return {name: it for name, it in (claims | change).items() if it is not None}


def test_what_the_issuer_did_not_sign_for_here_opens_nothing(door: Door, provider: Provider) -> None:
    good = provider.token("kim", "sagwan-api")
    head, body, signature = good.split(".")
    kid = "ours"
    own, shared = RSAKey.generate_key(2048), OctKey.import_key("sagwan-api-shared-secret-of-32-bytes")
    other = base64.urlsafe_b64encode(msgspec.json.encode(forged(provider))).rstrip(b"=").decode()
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    tokens = [
        f"{head}.{other}.{signature}",
        f"{none}.{other}.",
        f"{head}.{body}.",
        jwt.encode({"alg": "RS256", "kid": kid}, forged(provider), own),
        jwt.encode({"alg": "RS256", "kid": "another"}, forged(provider), own),
        jwt.encode({"alg": "HS256", "kid": kid}, forged(provider), shared),
        "a.b.c",
        "..",
    ]
    for token in tokens:
        answer = door.get("/v1/views", who=token)
        assert (answer.status, answer.body["code"]) == (401, "token.invalid"), token
        assert token[-20:] not in answer.raw.decode() or len(token) < 20


@pytest.fixture
def signing(door: Door, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> RSAKey:
    """The key of an issuer whose tokens a test makes itself: claims that the package's server never makes."""
    key = RSAKey.generate_key(2048, {"kid": "ours"})
    held = KeySet([key])
    assert door.get("/v1/views", who=provider.token("kim", "sagwan-api")).status == 200
    monkeypatch.setattr(door.engine.issuer, "_keys", held)
    return key


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["another", "third"]},
        {"aud": None},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"exp": "soon"},
        {"nbf": 9_000_000_000},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
    ],
)
def test_a_signed_token_of_another_issuer_audience_or_time_opens_nothing(
    door: Door, provider: Provider, signing: RSAKey, change: dict[str, Any]
) -> None:
    token = jwt.encode({"alg": "RS256", "kid": "ours"}, forged(provider, **change), signing)
    answer = door.get("/v1/views", who=token)
    assert (answer.status, answer.body["code"]) == (401, "token.invalid"), answer.body


def test_what_a_token_says_besides_is_passed_over_unless_it_is_critical(
    door: Door, provider: Provider, signing: RSAKey
) -> None:
    def status(*, sub: str, exp: int | None = None, **header: Any) -> int:
        more = {"exp": exp} if exp else {}
        said = {"alg": "RS256", "kid": "ours", **header}
        registry = JWSRegistry(strict_check_header=False, header_registry={"ver": HeaderParameter("", "str")})
        return door.get(
            "/v1/views", who=jwt.encode(said, forged(provider, sub=sub, **more), signing, registry=registry)
        ).status

    assert status(sub="1", ver="1.0") == 200
    assert status(sub="2", ver="1.0", crit=["ver"]) == 401
    assert status(sub="5", x5c=["MIIC" * 900]) == 200  # the certificates of the key
    assert status(sub="3", exp=int(time.time() * 1000)) == 200  # an issuer that counts milliseconds
    assert status(sub="4", exp=10**18) == 200


def test_who_comes_with_a_known_key_waits_for_no_question_about_another(
    door: Door, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = provider.token("park", "sagwan-api")
    assert door.get("/v1/views", who=provider.token("kim", "sagwan-api")).status == 200
    guess = jwt.encode({"alg": "RS256", "kid": "x"}, forged(provider), RSAKey.generate_key(2048))
    monkeypatch.setattr(door.engine.issuer, "_asked_at", float("-inf"))
    asked = len(provider.of("/jwks"))
    provider.answers.clear()
    stranger = threading.Thread(target=door.get, args=("/v1/views",), kwargs={"who": guess})
    stranger.start()
    until = time.monotonic() + 10
    while len(provider.of("/jwks")) == asked and time.monotonic() < until:
        time.sleep(0.01)
    assert door.get("/v1/views", who=good).status == 200
    assert stranger.is_alive()
    provider.answers.set()
    stranger.join()


def test_a_token_opens_nothing_from_its_end_on_though_it_was_known(
    door: Door, provider: Provider, signing: RSAKey
) -> None:
    token = jwt.encode({"alg": "RS256", "kid": "ours"}, forged(provider, exp=int(time.time()) + 3), signing)
    assert door.get("/v1/views", who=token).status == 200
    time.sleep(3.2)
    assert door.get("/v1/views", who=token).body["code"] == "token.invalid"


def test_a_new_key_of_the_issuer_is_asked_for_and_guesses_do_not_ask_for_many(
    door: Door, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert door.get("/v1/views", who=provider.token("kim", "sagwan-api")).status == 200
    issuer, stranger = door.engine.issuer, RSAKey.generate_key(2048)
    monkeypatch.setattr(issuer, "_keys", KeySet([RSAKey.generate_key(2048)]))
    monkeypatch.setattr(issuer, "_asked_at", float("-inf"))
    asked = len(provider.of("/jwks"))
    assert door.get("/v1/views", who=provider.token("kim", "sagwan-api")).status == 200
    assert len(provider.of("/jwks")) == asked + 1
    for kid in map(str, range(5)):
        guess = jwt.encode({"alg": "RS256", "kid": kid}, forged(provider), stranger)
        assert door.get("/v1/views", who=guess).status == 401
    assert len(provider.of("/jwks")) == asked + 1


def test_what_is_told_anew_of_a_person_is_put_in_the_vault(door: Door, provider: Provider, signing: RSAKey) -> None:
    person = {"sub": "choi", "groups": ["house"], "name": "최네모", "email": "old@house.example.kr"}
    told = [person, person, person | {"email": "new@house.example.kr"}, person | {"email": "no address", "name": " "}]
    for nth, claims in enumerate(told):
        token = jwt.encode({"alg": "RS256", "kid": "ours"}, forged(provider, **claims, jti=str(nth)), signing)
        assert door.get("/v1/views", who=token).status == 200
    (name,) = (
        it["stream"].partition(":")[2]
        for it in (row["entry"] for row in door.get("/v1/events?type=person.restated", who="auditor").body["events"])
    )
    held = door.get(f"/v1/persons/{name}?purpose=check", who="keeper").body["person"]
    assert (held["name_ko"], held["email"]) == ("최네모", "new@house.example.kr")


def test_no_link_is_made_where_an_issuer_knows_people(door: Door) -> None:
    made = door.ask("POST", "/v1/tokens", {"role": "analyst"}, who="operator").body
    assert made["sign_in"] is None


def test_a_server_starts_and_goes_on_without_its_issuer(tmp_path: Path) -> None:
    it = Door(tmp_path / "data", grants=Grants.load(written(tmp_path, "http://127.0.0.1:9")))
    assert it.get("/v1/views").status == 200
    away = Person(it).get("/sign-in/issuer?lang=en")
    assert (away.status, "does not answer" in away.text) == (503, True)
    assert away.headers["Retry-After"] == "2"
    answer = it.get("/v1/views", who="a.b.c")
    assert (answer.status, answer.body["code"]) == (503, "oidc.unavailable")
    assert Person(it).sign_in(it.tokens["analyst"]).status == 303
    it.close()


@pytest.mark.browser
@pytest.mark.parametrize("language", ["ko", "en"])
def test_in_a_real_browser_the_cookie_comes_along_after_the_issuer_and_a_page_asks_v1_with_its_proof(
    door: Door, chromium: Chromium, language: str
) -> None:
    """A cookie that no other site sends is left out where the issuer's redirect leads: so a page leads on."""
    context = chromium.new_context(locale={"ko": "ko-KR", "en": "en-GB"}[language])
    page = context.new_page()
    page.goto(f"{door.url}/hubs")
    page.click("text=" + {"ko": "기관 계정으로 로그인", "en": "Sign in with your organisation"}[language])
    page.click("button[value=kim]")
    page.wait_for_url(f"{door.url}/hubs")
    (cookie,) = (it for it in context.cookies() if it.get("name") == "sagwan-session")
    assert (cookie.get("httpOnly"), cookie.get("sameSite")) == (True, "Strict")
    asked = """async proof => [
        (await fetch("/v1/mirror/rebuild", {method: "POST"})).status,
        (await fetch("/v1/views", {headers: {"Sagwan-CSRF": proof}})).status
    ]"""
    assert page.evaluate(asked, page.get_attribute("meta[name=csrf]", "content")) == [401, 200]
    context.close()


def test_without_an_issuer_nothing_leads_to_one(tmp_path: Path) -> None:
    it = Door(tmp_path / "data")
    browser = Browser(it)
    assert "기관 계정" not in browser.get("/sign-in").text
    for path in ("/sign-in/issuer", "/sign-in/issuer/back?state=x&code=y"):
        assert browser.get(path).status == 404
    assert it.get("/v1/views", who="a.b.c").status == 401
    it.close()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('issuer = "{issuer}"', 'issuer = "http://login.example.kr"'), "https"),
        (('audience = "sagwan-api"', 'audience = "sagwan"'), "audience is not client_id"),
        (('role = "official"', 'role = "offical"'), "role"),
        (('scope = {{ ministries = ["MSIT"] }}', ""), "[[grants]] number 1: an official reads"),
        (('scope = {{ ministries = ["MSIT"] }}', 'scope = {{ ministry = ["MSIT"] }}'), "ministry"),
        (('scope = {{ ministries = ["MSIT"] }}', 'scope = {{ ministries = ["MSITT"] }}'), "MSIT"),
        (('client_id = "sagwan"', ""), "client_id"),
        (('client_id = "sagwan"', 'client_id = "sagwan"\nscopes = "profile"'), "openid"),
        (('"{secret}"', '"/nowhere"'), "client_secret_file"),
        (('role = "secretariat"', 'role = "hub"'), "names its hub"),
        (('"{secret}"', '"/dev/null"'), "it is empty"),
    ],
)
def test_a_file_that_cannot_be_stops_the_start_and_says_what_to_mend(
    tmp_path: Path, change: tuple[str, str], says: str
) -> None:
    path = written(tmp_path, "https://login.example.kr", FILE.replace(*change))
    done = command("serve", "--data", tmp_path / "data", "--oidc", path)
    assert done.returncode == 1
    assert says in done.stderr.replace("\n", " "), done.stderr
    with contextlib.suppress(FileNotFoundError):
        assert not (tmp_path / "data").exists()


def test_a_hub_that_the_record_does_not_have_is_told_at_the_start_with_the_nearest(tmp_path: Path) -> None:
    scope = '{{ hubs = ["EU-BRX", "EU-BRU"] }}'
    path = written(tmp_path, "https://login.example.kr", FILE.replace('{{ ministries = ["MSIT"] }}', scope))
    first = Server(tmp_path / "data")
    first.founded()
    first.stop()
    server = Server(tmp_path / "data", "--oidc", str(path))
    assert server.process.stderr
    told = server.process.stderr.readline()
    server.stop()
    assert told == f"{path}: [[grants]] number 1: the record has no hub EU-BRX; did you mean EU-BRU?\n"
