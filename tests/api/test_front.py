"""The server before those who ask: TLS of its own, a proxy that is trusted, and pages of other sites."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme

from api import connections
from api.server.front import Front
from tests.api.door import Door
from tests.commands import command

FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "sagwan.example.kr"}
SITE = "https://stats.example.kr"


def asked(
    door: Door, method: str, path: str, body: str | None = None, **headers: str
) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection(urlsplit(door.url).netloc, timeout=60)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    told = answer.status, {name.lower(): it for name, it in answer.getheaders()}, answer.read().decode()
    connection.close()
    return told


def signed_in(door: Door, **headers: str) -> dict[str, str]:
    form = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    status, told, _ = asked(door, "POST", "/sign-in", f"token={door.tokens['analyst']}", **form)
    assert status == 303
    return told


@pytest.fixture
def front(request: pytest.FixtureRequest) -> Front:
    return Front.of(**request.param)


@pytest.fixture
def door(tmp_path: Path, front: Front) -> Iterator[Door]:
    it = Door(tmp_path / "data", front=front)
    yield it
    it.close()


@pytest.mark.parametrize("front", [{"proxies": ["127.0.0.0/8"]}], indirect=True)
def test_a_proxy_that_is_named_says_by_which_scheme_and_host_people_ask(door: Door) -> None:
    told = signed_in(door, **FORWARDED, Origin="https://sagwan.example.kr")
    assert "Secure" in told["set-cookie"]
    assert told["set-cookie"].startswith("__Host-sagwan-session=")
    cookie = told["set-cookie"].partition(";")[0]
    assert asked(door, "GET", "/hubs", Cookie=cookie, **FORWARDED)[0] == 200
    planted = cookie.removeprefix("__Host-")  # as a page of another host of the same site sets it
    assert asked(door, "GET", "/hubs", Cookie=planted, **FORWARDED)[0] == 303
    assert asked(door, "GET", "/v1/views", Cookie=planted, **FORWARDED, **{"Sec-Fetch-Site": "same-origin"})[0] == 401
    _, told, _ = asked(door, "POST", "/sign-out", Cookie=cookie, **FORWARDED)
    assert {'__Host-sagwan-session=""', "Max-Age=0", "Path=/", "Secure"} <= {*told["set-cookie"].split("; ")}
    assert asked(door, "GET", "/hubs", Cookie=cookie, **FORWARDED)[0] == 303
    plain = signed_in(door)["set-cookie"]
    assert ("Secure" in plain, plain.startswith("sagwan-session=")) == (False, True)
    operator = {"Authorization": f"Bearer {door.operator}", "Content-Type": "application/json"}
    _, _, made = asked(door, "POST", "/v1/tokens", '{"role": "analyst"}', **operator, **FORWARDED)
    assert '"sign_in":"https://sagwan.example.kr/sign-in/' in made
    for wrong in ({"X-Forwarded-Proto": "gopher"}, {"X-Forwarded-Host": "a b"}, {"X-Forwarded-Host": "a, b"}):
        status, _, said = asked(door, "GET", "/livez", **wrong)
        assert (status, "http.forwarded" in said) == (400, True), wrong
    for name, of_a_stranger in {"X-Forwarded-Host": "elsewhere.example", "X-Forwarded-Proto": "http"}.items():
        connection = http.client.HTTPConnection(urlsplit(door.url).netloc, timeout=60)
        connection.putrequest("GET", "/livez")
        for it in (of_a_stranger, FORWARDED[name]):  # a proxy that adds its own to what a client says
            connection.putheader(name, it)
        connection.endheaders()
        answer = connection.getresponse()
        assert (answer.status, b"is there twice" in answer.read()) == (400, True)
        connection.close()


@pytest.mark.parametrize("front", [{}, {"proxies": ["10.0.0.5"]}], indirect=True)
def test_what_nobody_trusts_changes_nothing(door: Door) -> None:
    assert "Secure" not in signed_in(door, **FORWARDED)["set-cookie"]
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://sagwan.example.kr"}
    assert asked(door, "POST", "/sign-in", "token=x", **form, **FORWARDED)[0] == 403
    assert asked(door, "GET", "/livez", **{"X-Forwarded-Proto": "gopher"})[0] == 200


@pytest.mark.parametrize("front", [{"proxies": ["127.0.0.1"]}, {}], indirect=True, ids=["proxy", "no proxy"])
def test_connections_of_a_proxy_are_not_those_of_one_stranger(door: Door, front: Front) -> None:
    several = [http.client.HTTPConnection(urlsplit(door.url).netloc, timeout=10) for _ in range(80)]
    statuses = set()
    for it in several:
        it.connect()
        it.request("GET", "/livez")
        statuses.add(it.getresponse().status)
    for it in several:
        it.close()
    assert statuses == ({200} if front.proxies else {200, 429})


@pytest.mark.parametrize("front", [{"url": "https://sagwan.example.kr"}], indirect=True)
def test_links_lead_to_where_people_reach_the_server_and_the_cookie_is_secure_there(door: Door) -> None:
    made = door.ask("POST", "/v1/tokens", {"role": "analyst"}, who="operator").body
    assert made["sign_in"].startswith("https://sagwan.example.kr/sign-in/")
    assert "Secure" in signed_in(door, Origin="https://sagwan.example.kr")["set-cookie"]


@pytest.mark.parametrize("front", [{"sites": [SITE]}], indirect=True)
def test_a_page_of_a_site_that_is_named_reads_answers_with_its_own_token_and_never_with_a_cookie(door: Door) -> None:
    token = {"Authorization": f"Bearer {door.tokens['analyst']}"}
    for path in ("/v1/views", "/v1/events?limit=1", "/v1/nothing"):
        _, told, _ = asked(door, "GET", path, Origin=SITE, **token)
        assert told["access-control-allow-origin"] == SITE
        assert "Origin" in told["vary"]
        assert "access-control-allow-credentials" not in told
        _, others, _ = asked(door, "GET", path, Origin="https://elsewhere.example", **token)
        assert not {it for it in others if it.startswith("access-control")}
        assert "Origin" in others["vary"]
    wants = {"Origin": SITE, "Access-Control-Request-Method": "POST"}
    status, told, _ = asked(door, "OPTIONS", "/v1/events", **wants)
    assert status == 204
    assert "POST" in told["access-control-allow-methods"]
    assert "Authorization" in told["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in told
    assert "access-control-allow-methods" not in asked(door, "OPTIONS", "/v1/events", Origin=SITE)[1]
    cookie = signed_in(door)["set-cookie"].partition(";")[0]
    assert asked(door, "GET", "/v1/views", Origin=SITE, Cookie=cookie)[0] == 401
    _, told, _ = asked(door, "GET", "/", Origin=SITE, Cookie=cookie)
    assert "access-control-allow-origin" not in told


@pytest.mark.parametrize("front", [{}], indirect=True)
def test_without_a_setting_no_other_site_reads_anything(door: Door) -> None:
    _, told, _ = asked(door, "GET", "/v1/types", Origin=SITE)
    assert not {it for it in told if it.startswith("access-control")}
    assert "Origin" not in told.get("vary", "")


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path, trustme.CA]:
    authority = trustme.CA()
    made = authority.issue_cert("127.0.0.1", "localhost")
    made.private_key_pem.write_to_path(tmp_path / "key.pem")
    for it in made.cert_chain_pems:
        it.write_to_path(tmp_path / "certificate.pem", append=True)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    return tmp_path / "certificate.pem", tmp_path / "key.pem", authority


def test_the_server_speaks_tls_itself_and_commands_ask_it_so(
    tmp_path: Path, certificate: tuple[Path, Path, trustme.CA], monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted = ssl.create_default_context()
    certificate[2].configure_trust(trusted)
    monkeypatch.setattr(urllib.request, "urlopen", _trusting(trusted))
    door = Door(tmp_path / "data", front=Front.of(None, *certificate[:2]))
    assert door.url.startswith("https://127.0.0.1:")
    assert door.get("/livez").status == 200
    connection = http.client.HTTPSConnection(urlsplit(door.url).netloc, context=trusted, timeout=30)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/sign-in", f"token={door.tokens['analyst']}", form)
    assert "Secure" in str(connection.getresponse().getheader("Set-Cookie"))
    connection.close()
    plain = http.client.HTTPConnection(urlsplit(door.url).netloc, timeout=30)
    plain.request("GET", "/livez")
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        plain.getresponse()
    said = subprocess.run(  # a process of its own: which authorities it trusts it reads once
        [sys.executable, "-m", "sagwan", "token", "list", "--data", str(door.path)],
        env=os.environ | {"SSL_CERT_FILE": str(tmp_path / "authority.pem"), "SAGWAN_TOKEN": str(door.operator)},
        capture_output=True,
        text=True,
    )
    assert "analyst" in said.stdout, said.stderr
    door.close()


def test_before_its_greeting_a_connection_counts_for_its_address_and_does_not_stay(
    tmp_path: Path, certificate: tuple[Path, Path, trustme.CA], monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted = ssl.create_default_context()
    certificate[2].configure_trust(trusted)
    monkeypatch.setattr(urllib.request, "urlopen", _trusting(trusted))
    monkeypatch.setattr(connections, "HEADER_SECONDS", 2.0)
    door = Door(tmp_path / "data", front=Front.of(None, *certificate[:2]), unknown_of_an_address=3)
    at = urlsplit(door.url)
    authorization = {"Authorization": f"Bearer {door.tokens['analyst']}"}
    known = http.client.HTTPSConnection(at.netloc, context=trusted, timeout=30)

    def silent(said: bytes) -> socket.socket:
        wire = socket.create_connection((str(at.hostname), at.port or 0), timeout=30)
        wire.sendall(said)
        return wire

    def asked() -> int:
        known.request("GET", "/v1/views", headers=authorization)
        answer = known.getresponse()
        answer.read()
        return answer.status

    try:
        assert asked() == 200
        time.sleep(0.3)
        held = [silent(said) for said in (b"", b"\x16", b"\x16\x03\x01\x02\x00")]
        time.sleep(0.3)
        with pytest.raises(OSError):
            door.get("/livez")
        assert asked() == 200, "who has shown a token"
        begun = time.monotonic()
        assert [it.recv(9) for it in held] == [b""] * 3
        assert time.monotonic() - begun < 10
        assert silent(b"GET /livez HTTP/1.1\r\n\r\n").recv(9) == b"", "what is no greeting"
        time.sleep(0.3)
        assert door.get("/livez").status == 200
    finally:
        known.close()
        door.close()


def _trusting(context: ssl.SSLContext) -> Any:
    original = urllib.request.urlopen

    def urlopen(request: Any, timeout: float = 30) -> Any:
        return original(request, timeout=timeout, context=context)

    return urlopen


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--tls-certificate", "c.pem"], "takes both"),
        (["--tls-certificate", "none.pem", "--tls-key", "none.pem"], "no certificate with its key"),
        (["--proxy", "10.0.0.300"], "a proxy is an address or a network"),
        (["--proxy", "10.0.0.1/8"], "a proxy is an address or a network"),
        (["--cors", "*"], "no origin of a site"),
        (["--cors", "https://stats.example.kr/"], "no origin of a site"),
        (["--public-url", "sagwan.example.kr"], "no address of a server"),
    ],
)
def test_a_setting_that_cannot_be_stops_the_start_and_says_how_to_mend_it(
    tmp_path: Path, words: list[str], says: str
) -> None:
    done = command("serve", "--data", tmp_path / "data", *words)
    assert done.returncode == 1
    assert says in done.stderr.replace("\n", " ")
    assert not (tmp_path / "data").exists()
