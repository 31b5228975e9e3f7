"""How clients reach the server: by TLS of its own, behind a proxy, and from pages of other sites.

What a proxy says is trusted from the addresses that are named, and from nobody where none is.
"""

from __future__ import annotations

import ipaddress
import re
import ssl
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
from aiohttp import web

from api.problems import Problem
from domain.messages import Invalid, of_library, reason

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

ASKS = (
    "Accept, Accept-Language, Authorization, Content-Digest, Content-Encoding, Content-Type, Idempotency-Key, "
    "If-Match, If-None-Match, Last-Event-ID, Prefer, Repr-Digest, ce-id, ce-source, ce-specversion, ce-subject, "
    "ce-time, ce-type, ce-zone, ce-evidence, ce-imported"
)
"""The headers that a page of another site may send."""

TELLS = (
    "Content-Disposition, ETag, Link, Location, Preference-Applied, RateLimit, RateLimit-Policy, Repr-Digest, "
    "Retry-After, Sagwan-Not-As-Signed, Sagwan-Not-Kept, Sagwan-Position, Sagwan-Set-Aside, Sagwan-Withheld, "
    "Sagwan-Withheld-Columns"
)
"""Those of an answer that it may read."""

PREFLIGHT_SECONDS = "600"


class Front(msgspec.Struct, frozen=True):
    """`url` is where people reach the server, None where that is as the request says; `proxies` are trusted to say by
    which scheme and host they were asked, `sites` are origins whose pages may read answers."""

    url: str | None = None
    tls: ssl.SSLContext | None = None
    proxies: tuple[Network, ...] = ()
    sites: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        url: str | None = None,
        certificate: Path | None = None,
        key: Path | None = None,
        proxies: Sequence[str] = (),
        sites: Sequence[str] = (),
    ) -> Front:
        """Raises ValueError for what is no address, network, origin or certificate."""
        if (certificate is None) != (key is None):
            raise Invalid("front.tls")
        if url is not None and not _ORIGIN.fullmatch(url):
            raise Invalid("front.url", url=url)
        for it in sites:
            if not _ORIGIN.fullmatch(it):
                raise Invalid("front.site", site=it)
        tls = None if certificate is None else _context(certificate, key)
        return cls(url, tls, tuple(map(_network, proxies)), frozenset(sites))

    def trusts(self, peer: object) -> bool:
        """Whether a connection comes from a proxy of ours."""
        if not self.proxies or not isinstance(peer, tuple):
            return False
        address = ipaddress.ip_address(str(peer[0]).partition("%")[0])
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return any(address in it for it in self.proxies)


_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?")
_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?")

FRONT = web.AppKey("front", Front)


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise Invalid("front.proxy", because=reason(error)) from None


def _context(certificate: Path, key: Path | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        because = of_library(str(error.strerror or error))
        raise Invalid("front.certificate", certificate=certificate, key=key, because=because) from None
    return context


@web.middleware
async def believe_proxy(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """The request as the client sent it to the proxy. Raises Problem for headers that no proxy sends."""
    if request.transport is None or not request.app[FRONT].trusts(request.transport.get_extra_info("peername")):
        return await handler(request)
    original: dict[str, Any] = {}
    for name in ("X-Forwarded-Proto", "X-Forwarded-Host"):
        if len(request.headers.getall(name, ())) > 1:  # the first may come from the client
            raise Problem(400, "http.forwarded", "twice", header=name)
    if (scheme := request.headers.get("X-Forwarded-Proto")) is not None:
        if scheme not in ("http", "https"):
            raise Problem(400, "http.forwarded", "proto")
        original["scheme"] = scheme
    if (host := request.headers.get("X-Forwarded-Host")) is not None:
        if not _HOST.fullmatch(host):
            raise Problem(400, "http.forwarded", "host")
        original["host"] = host
    return await handler(request.clone(**original) if original else request)


def origin_of(request: web.Request) -> str:
    """Where people reach the server. Raises Problem where the request names no host."""
    if url := request.app[FRONT].url:
        return url
    try:
        return str(request.url.origin())
    except ValueError:
        raise Problem(400, "http.host") from None


async def allow_sites(request: web.Request, answer: web.StreamResponse) -> None:
    """Lets pages of the sites that are named read answers of `/v1`; never with a cookie."""
    sites = request.app[FRONT].sites
    if not request.path.startswith("/v1/"):
        return
    answer.headers["Vary"] = ", ".join(filter(None, (answer.headers.get("Vary"), "Origin")))
    if (origin := request.headers.get("Origin")) not in sites or origin is None:
        return
    answer.headers["Access-Control-Allow-Origin"] = origin
    answer.headers["Access-Control-Expose-Headers"] = TELLS
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        answer.headers["Access-Control-Allow-Methods"] = answer.headers.get("Allow", "")
        answer.headers["Access-Control-Allow-Headers"] = ASKS
        answer.headers["Access-Control-Max-Age"] = PREFLIGHT_SECONDS
