"""`sagwan evidence …`: files of evidence items, handed in and fetched."""

from __future__ import annotations

import asyncio
import hashlib
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout

from api import cloudevents
from api.address import Address
from api.media_types import media_type_of
from api.options import Server, command
from api.terminal_language import language
from api.terminal_lines import receipt, say
from domain.messages import Invalid, of_library, sentence, unlisted
from domain.phrase import Phrase

app = typer.Typer(no_args_is_help=True, help="Files of evidence items (증빙). See docs/evidence.md.")

ATTEMPTS = 8
LONGEST_WAIT_SECONDS = 30.0
TIMEOUT = ClientTimeout(total=None, sock_connect=30, sock_read=120)
PIECE = 512 * 1024


class NotMoved(Invalid):
    """A file did not come through; the message says why, and what to do."""


@command(app)
def put(
    file: Annotated[Path, typer.Argument(help="The file; what is kept is byte for byte what it holds.")],
    type_: Annotated[
        str | None, typer.Option("--type", help="Its media type; by default what the ending of its name says.")
    ] = None,
    item: Annotated[
        str | None, typer.Option(help="Record its deposit on this stream first, such as evidence:EU-BRU-2026-17.")
    ] = None,
    retention: Annotated[
        str | None, typer.Option(help="With --item: PERMANENT, SEMI_PERMANENT, Y30, Y10, Y5, Y3 or Y1.")
    ] = None,
    custodian: Annotated[str | None, typer.Option(help="With --item: the body that keeps the file.")] = None,
    *,
    server: Server,
) -> None:
    """Hands in a file. Without --item its deposit is recorded elsewhere; the file waits for it for seven days."""
    media_type = type_ or media_type_of(file.name)
    if media_type is None:
        raise NotMoved("file.no_media_type", name=file.name)
    with open(file, "rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    if item is not None:
        if retention is None or custodian is None:
            raise NotMoved("file.no_deposit")
        data = {"sha256": sha256, "bytes": file.stat().st_size, "media_type": media_type}
        answer = server.reader.send(
            "POST", "/v1/events", _deposit(item, data, custodian, retention), type_=cloudevents.SINGLE_TYPE
        )
        say("done.deposit", **receipt(answer))
    response = asyncio.run(_handed_in(server.address, file, sha256, media_type))
    waiting = response["status"] == "waiting"
    say(
        "done.file",
        "waiting" if waiting else "",
        sha256=sha256,
        bytes=f"{response['bytes']:,}",
        until=response.get("until"),
    )


@command(app)
def get(
    sha256: Annotated[str, typer.Argument(help="The SHA-256 of the file, in hex.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where it is written.")],
    purpose: Annotated[str | None, typer.Option(help="What for; it is recorded.")] = None,
    *,
    server: Server,
) -> None:
    """Fetches a file. That you were given it is recorded before you are."""
    size = asyncio.run(_fetched(server.address, sha256, output, purpose))
    say("done.fetched", path=output, bytes=f"{size:,}")


def _deposit(item: str, data: dict[str, Any], custodian: str, retention: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "source": "evidence",
        "id": f"{item}/{data['sha256']}",
        "type": "evidence.deposited",
        "subject": item,
        "time": datetime.now(UTC).isoformat(),
        "data": data | {"custodian": custodian, "retention": retention},
    }


async def _handed_in(at: Address, file: Path, sha256: str, media_type: str) -> dict[str, Any]:
    """What the record answers, tried again while it is down. Raises NotMoved."""
    url, headers = f"{at.url}/v1/evidence/{sha256}", _headers(at) | {"Content-Type": media_type}
    async with ClientSession(headers=headers, timeout=TIMEOUT) as http:
        for attempt in range(ATTEMPTS):
            wait = random.uniform(0.5, 1.0) * min(LONGEST_WAIT_SECONDS, 0.25 * 2**attempt)  # noqa: S311  to spread retries
            try:
                with await asyncio.to_thread(open, file, "rb") as content:
                    async with http.put(url, data=content, allow_redirects=False) as answer:
                        body = await _body(answer)
                if answer.status in (200, 201, 202) and "status" in body:
                    return body
                because = _because(body, answer.status)
                if answer.status not in (408, 502, 503, 504):
                    raise NotMoved("file.refused", because=because)
            except (ClientError, TimeoutError) as error:
                because = of_library(str(error) or type(error).__name__)
            await asyncio.sleep(wait)
    raise NotMoved("file.not_taken", url=url, because=because)


async def _fetched(at: Address, sha256: str, output: Path, purpose: str | None) -> int:
    """Writes a file, once all of it came and is what its digest says. Raises NotMoved."""
    part, digest, size = output.with_name(output.name + ".part"), hashlib.sha256(), 0
    query = {"purpose": purpose} if purpose else {}
    try:
        async with (
            ClientSession(headers=_headers(at), timeout=TIMEOUT) as http,
            http.get(f"{at.url}/v1/evidence/{sha256}", params=query, allow_redirects=False) as answer,
        ):
            if answer.status != 200:
                raise NotMoved("file.refused", because=_because(await _body(answer), answer.status))
            with await asyncio.to_thread(open, part, "wb") as file:
                async for piece in answer.content.iter_chunked(PIECE):
                    digest.update(piece)
                    size += len(piece)
                    file.write(piece)
        if digest.hexdigest() != sha256:
            raise NotMoved("file.other_came")
        part.replace(output)
    except (ClientError, TimeoutError) as error:
        because = of_library(str(error) or type(error).__name__)
        raise NotMoved("file.broke_off", because=because) from None
    finally:
        part.unlink(missing_ok=True)
    return size


def _headers(at: Address) -> dict[str, str]:
    return {"Authorization": f"Bearer {at.token}", "Accept-Language": language()}


def _because(body: dict[str, Any], status: int) -> Phrase:
    """Why, in the record's own words where it has any."""
    return unlisted(str(body["detail"])) if "detail" in body else sentence("sending.answers", status=status)


async def _body(answer: ClientResponse) -> dict[str, Any]:
    """The record's own words; none where it is not the record that answers."""
    try:
        return msgspec.json.decode(await answer.read(), type=dict[str, Any])
    except ValueError:
        return {}
