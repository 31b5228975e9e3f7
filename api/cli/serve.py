"""`sagwan serve`."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api import log_throttle
from api.connections import UNKNOWN_OF_AN_ADDRESS
from api.options import HERE, Data, Database
from api.server.quotas import Limits
from api.terminal_lines import say
from domain.messages import Invalid, of_library
from domain.phrase import any_of

if TYPE_CHECKING:
    from api.server.front import Front
    from api.server.grants import Grants


def serve(
    data: Data = HERE,
    database: Database = None,
    host: Annotated[str, typer.Option(envvar="SAGWAN_HOST")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="SAGWAN_PORT", help="0 takes a free one.")] = 8440,
    origin: Annotated[
        str | None, typer.Option(envvar="SAGWAN_ORIGIN", help="What a new record is called in checkpoints, for ever.")
    ] = None,
    unknown: Annotated[
        int,
        typer.Option(
            "--unknown-connections",
            envvar="SAGWAN_UNKNOWN_CONNECTIONS",
            min=0,
            help="Connections of one address before a request with a live token; 0 without limit, behind a proxy.",
        ),
    ] = UNKNOWN_OF_AN_ADDRESS,
    public_url: Annotated[
        str | None,
        typer.Option(
            envvar="SAGWAN_PUBLIC_URL", help="Where people reach it, as https://sagwan.example.kr: links lead there."
        ),
    ] = None,
    tls_certificate: Annotated[
        Path | None, typer.Option(envvar="SAGWAN_TLS_CERTIFICATE", help="PEM, with the chain: it speaks TLS itself.")
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(envvar="SAGWAN_TLS_KEY", help="The key of the certificate, PEM.")
    ] = None,
    proxy: Annotated[
        list[str] | None,
        typer.Option(
            envvar="SAGWAN_PROXY",
            help="An address or network of a proxy trusted to say X-Forwarded-Proto and -Host; as often as needed.",
        ),
    ] = None,
    oidc: Annotated[
        Path | None,
        typer.Option(envvar="SAGWAN_OIDC", help="A TOML file: the issuer that knows people, and what its claims open."),
    ] = None,
    requests_a_minute: Annotated[
        int, typer.Option(envvar="SAGWAN_REQUESTS_A_MINUTE", min=0, help="What one token may post; 0 without limit.")
    ] = Limits().requests,
    bytes_a_minute: Annotated[
        int,
        typer.Option(
            envvar="SAGWAN_BYTES_A_MINUTE", min=0, help="The same in bytes of events, unpacked; 0 without limit."
        ),
    ] = Limits().content_bytes,
    cors: Annotated[
        list[str] | None,
        typer.Option(
            envvar="SAGWAN_CORS",
            help="An origin whose pages may read answers of /v1, never with a cookie; as often as needed.",
        ),
    ] = None,
) -> None:
    """Serves the record. On an empty one it prints the operator's token, once."""
    from api.server.front import Front
    from api.server.grants import Grants

    before = Front.of(public_url, tls_certificate, tls_key, proxy or (), cors or ())
    grants = Grants.load(oidc) if oidc else None
    limits = Limits(requests_a_minute, bytes_a_minute)
    asyncio.run(_serve(data, database, host, port, origin, unknown, before, grants, limits, oidc))


async def _serve(
    data: Path,
    database: str | None,
    host: str,
    port: int,
    origin: str | None,
    unknown: int,
    front: Front,
    grants: Grants | None,
    limits: Limits,
    oidc: Path | None,
) -> None:
    from api.credentials import unknown_hubs
    from api.serve import serving

    log_throttle.install_logging()
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    try:
        serve = serving(
            *(data, database, host, port),
            origin=origin,
            unknown_of_an_address=unknown,
            front=front,
            grants=grants,
            limits=limits,
        )
        async with serve as (url, token, engine):
            if token:
                say("serve.token", token=token)
            for path in engine.folder.exposed:
                say("serve.exposed", path=path)
            for nth, it in enumerate(grants.grants if grants else (), 1):
                for hub, near in unknown_hubs(engine.journal, it.hub, it.scope).items():
                    which = "near" if near else ""
                    say("serve.unknown_hub", which, aside=True, path=oidc, nth=nth, hub=hub, near=any_of(near))
            say("serve.serving", url=url, position=engine.journal.position)
            if not token and "SAGWAN_TOKEN" not in os.environ:
                say("serve.no_token", where=f"--data {data}{' --database …' if database else ''}")
            gc.freeze()  # what is loaded stays: to look through it again and again would hold everybody up
            await stopped.wait()
            gc.unfreeze()
    except OSError as error:
        raise Invalid(
            "command.listen", host=host, port=port, because=of_library(str(error.strerror or error))
        ) from None
