"""The issuer of `oidc.toml`: its addresses and keys, what its tokens say, and the code of a sign-in for one."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import logging
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from aiohttp import BasicAuth, ClientError, ClientSession, ClientTimeout
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import Key, KeySet, import_key
from joserfc.jws import JWSRegistry

from api.problems import Problem
from api.server.grants import ABROAD, LOCAL, Grants

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""Signatures by a key of which the issuer alone has the secret half."""

REGISTRY = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
"""What a header of a token has besides is passed over, unless it says that it is critical (RFC 7515, 4). With the
certificates of its key (`x5c`) it is some thousand bytes."""
REGISTRY.max_header_length = 16 * 1024

LEEWAY_SECONDS = 30
SECONDS = 10.0
"""How long the issuer is waited for."""
MOST_BYTES = 1024 * 1024
AGAIN_SECONDS = 30.0
"""How long, after keys were asked for, a token of an unknown key does not ask for them again."""
RETRY_SECONDS = 2.0
"""How long, after it did not answer, nobody else waits for it."""
STATE_SECONDS = 600
"""How long a person may take to sign in there."""
KEPT_SECONDS = 3600.0
"""How long addresses and keys are used: a key that the issuer withdrew is gone by then."""

BASIC, POST = "client_secret_basic", "client_secret_post"
"""How a secret is sent; the first where the issuer says nothing (RFC 8414, 2)."""

Claims = Mapping[str, Any]

log = logging.getLogger("sagwan.api")


class Addresses(msgspec.Struct, frozen=True):
    """What is used of the metadata that the issuer publishes."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = (BASIC,)


class NoToken(Exception):
    """A token that is none of ours; the message says why."""


class Issuer:
    """It is asked only when needed: a server starts, and goes on, while it does not answer."""

    def __init__(self, grants: Grants) -> None:
        self.grants = grants
        self._secret = grants.secret()
        self._key = secrets.token_bytes(32)
        self._addresses: Addresses | None = None
        self._keys: KeySet | None = None
        self._asked_at = self._answered_at = float("-inf")
        self._asking = asyncio.Lock()

    async def claims(self, token: str, audience: str) -> Claims:
        """The claims of a token that this issuer made for an audience. Raises NoToken, Problem 503."""
        keys = await self._known_keys()
        try:
            try:
                decoded = jwt.decode(token, keys, registry=REGISTRY)
            except (InvalidKeyIdError, BadSignatureError):  # perhaps of a key that is new
                decoded = jwt.decode(token, await self._known_keys(again=True), registry=REGISTRY)
            jwt.JWTClaimsRegistry(
                leeway=LEEWAY_SECONDS,
                iss={"essential": True, "value": self.grants.issuer},
                aud={"essential": True, "value": audience},
                exp={"essential": True},
                sub={"essential": True},
            ).validate(decoded.claims)
        except (JoseError, ValueError, TypeError) as error:
            raise NoToken(_reason(error)) from None
        if not decoded.claims["sub"]:
            raise NoToken("sub is empty")
        return decoded.claims

    async def begin(self, redirect: str) -> tuple[str, str]:
        """A sign-in: the address to which a browser is sent, and the state that it brings back. Raises Problem 503.

        Nonce and verifier are derived from the state by a secret key: nothing is kept of a sign-in here, so that to
        begin many takes nothing from others.
        """
        at = (await self._known_addresses()).authorization_endpoint
        state = f"{secrets.token_urlsafe(32)}.{time.time() + STATE_SECONDS:.0f}"
        challenge = _base64(hashlib.sha256(self._of_state("verifier", state).encode()).digest())
        asked = {
            "response_type": "code",
            "client_id": self.grants.client_id,
            "redirect_uri": redirect,
            "scope": self.grants.scopes,
            "state": state,
            "nonce": self._of_state("nonce", state),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{at}{'&' if '?' in at else '?'}{urlencode(asked)}", state

    @staticmethod
    def is_late(state: str) -> bool:
        """Whether a sign-in took too long, or its state is none of ours."""
        ends_at = state.rpartition(".")[2]
        return not ends_at.isdecimal() or int(ends_at[:18]) < time.time()

    def _of_state(self, what: str, state: str) -> str:
        return _base64(hmac.digest(self._key, f"{what} {state}".encode(), "sha256"))

    async def end(self, code: str, redirect: str, state: str) -> Claims:
        """The claims of the person who signed in. Raises NoToken, Problem 503."""
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "code_verifier": self._of_state("verifier", state),
        }
        auth, addresses = None, await self._known_addresses()
        taken = addresses.token_endpoint_auth_methods_supported
        if self._secret is None:
            asked["client_id"] = self.grants.client_id
        elif POST in taken and BASIC not in taken:
            asked |= {"client_id": self.grants.client_id, "client_secret": self._secret}
        else:
            auth = BasicAuth(quote(self.grants.client_id, safe=""), quote(self._secret, safe=""))  # RFC 6749, 2.3.1
        answer = await _asked("POST", addresses.token_endpoint, data=asked, auth=auth)
        if not isinstance(token := answer.get("id_token"), str):
            raise NoToken(f"no id_token: {str(answer.get('error', 'the issuer gave none'))[:80]}")
        claims = await self.claims(token, self.grants.client_id)
        if claims.get("nonce") != self._of_state("nonce", state):
            raise NoToken("nonce is not that of this sign-in")
        if claims.get("azp", self.grants.client_id) != self.grants.client_id:
            raise NoToken("azp is another client")
        return claims

    async def _known_addresses(self) -> Addresses:
        await self._known_keys()
        assert self._addresses
        return self._addresses

    async def _known_keys(self, *, again: bool = False) -> KeySet:
        """The keys of the issuer, asked for where they are old, or a token names another. Raises Problem 503.

        A token that known keys verify does not wait for a request that an unknown key causes.
        """
        if self._keys and not again and time.monotonic() - self._answered_at <= KEPT_SECONDS:
            return self._keys
        async with self._asking:
            now = time.monotonic()
            fresh = now - self._answered_at <= KEPT_SECONDS
            if not fresh or again:
                try:
                    if now - self._asked_at > (AGAIN_SECONDS if fresh else RETRY_SECONDS):
                        self._asked_at = now
                        await self._ask()
                    elif not fresh:
                        raise _unavailable()
                except Problem:
                    if not fresh:
                        raise
            assert self._keys
            return self._keys

    async def _ask(self) -> None:
        """Raises Problem 503."""
        configuration = await _asked("GET", f"{self.grants.issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            addresses = msgspec.convert(configuration, Addresses)
            if addresses.issuer != self.grants.issuer:
                raise ValueError(f"it calls itself {addresses.issuer}")
            for it in (addresses.authorization_endpoint, addresses.token_endpoint, addresses.jwks_uri):
                if not (ABROAD.match(it) or LOCAL.match(it)):
                    raise ValueError("an address of it is not of https")
            keys = KeySet(_readable(await _asked("GET", addresses.jwks_uri)))
        except (ValueError, KeyError, TypeError, msgspec.MsgspecError, JoseError) as error:
            log.error("the issuer says of itself what cannot be: %s", error)
            raise _unavailable() from None
        self._addresses, self._keys, self._answered_at = addresses, keys, time.monotonic()


def _base64(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def _readable(key_set: dict[str, Any]) -> list[Key]:
    """The keys of a set that are of a kind, on a curve and of a form that we know (RFC 7517, 5). Raises ValueError
    where none is."""
    found = list[Key]()
    for it in key_set["keys"]:
        with contextlib.suppress(ValueError, KeyError, TypeError, JoseError):
            found.append(import_key(it))
    if not found:
        raise ValueError("none of its keys is of a kind that we know")
    return found


async def _asked(method: str, url: str, **more: Any) -> dict[str, Any]:
    """What the issuer answers. Raises Problem 503."""
    try:
        async with (
            ClientSession(timeout=ClientTimeout(SECONDS)) as session,
            session.request(
                method, url, allow_redirects=False, headers={"Accept": "application/json"}, **more
            ) as answer,
        ):
            body = bytearray()
            async for part in answer.content.iter_chunked(65536):
                body += part
                if len(body) > MOST_BYTES:
                    raise ValueError("it answers without end")
            if answer.status >= 500 or (method == "GET" and answer.status != 200):
                raise ValueError(f"status {answer.status}")
            return msgspec.json.decode(body, type=dict[str, Any])
    except (ClientError, TimeoutError, OSError, ValueError, msgspec.MsgspecError) as error:
        log.error("the issuer did not answer at %s: %s", url, error or type(error).__name__)
        raise _unavailable() from None


def _unavailable() -> Problem:
    return Problem(503, "oidc.unavailable")


def _reason(error: Exception) -> str:
    """What is wrong with a token, and nothing of its content."""
    name, claim = type(error).__name__, getattr(error, "claim", None)
    return f"{name}: {claim}" if isinstance(claim, str) else name
