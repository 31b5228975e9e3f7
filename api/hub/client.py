"""The hub's client: rows of a table or a file of events into the outbox, and from there to the record."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import random
from codecs import BOM_UTF8
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout
from rich.console import Console, Group, RenderableType
from rich.progress import Progress, TimeRemainingColumn
from rich.table import Table as Grid
from rich.text import Text

from api import cloudevents
from api.cloudevents import BATCH_TYPE, JSON_TYPE
from api.hub.outbox import Outbox
from api.hub.refusals import RefusedFile, type_of, without_reason
from api.hub.rows import MappedRow, row_numbers
from api.hub.sheet import Sheet
from api.hub.statement import PostedEvent
from api.progress import bars
from api.terminal_language import language, said, tell
from domain.messages import Invalid, of_library, reason, sentence, unlisted
from domain.phrase import Phrase
from domain.registry import TYPES

EVENTS_A_BATCH = 1000
LONGEST_WAIT_SECONDS = 30.0
PACKED = {"Content-Encoding": "gzip"}
ATTEMPTS = 8
"""How often a batch is tried before the command gives up; what is in the outbox stays there."""


class SendingStopped(Invalid):
    """The record cannot be reached or does not let us in; what was not sent stays in the outbox."""


class RowRefusal(msgspec.Struct, frozen=True):
    """A fact that was not recorded; `row` as a spreadsheet numbers it, the header being row 1."""

    row: int | None
    type: str
    reason: str


class ImportAccount(msgspec.Struct):
    """rows = filtered + used; facts = recorded + duplicates + refused (+ made, in a dry run). Nothing else."""

    rows: int = 0
    used: int = 0
    filtered: dict[str, int] = {}
    facts: int = 0
    recorded: int = 0
    duplicates: int = 0
    refused: list[RowRefusal] = []
    earlier: int = 0
    undecided: list[Phrase] = []
    asked: Phrase = msgspec.field(default_factory=lambda: sentence("account.not_asked"))
    refused_file: Path | None = None
    dry: bool = False
    not_kept: dict[str, int] = {}


def dry_run(path: Path, mapping: Path, record: tuple[str, str] | None = None, *, console: Console) -> ImportAccount:
    """What an import would send, and every fact it could not state, with its row and why. Sends nothing.

    A `record` (URL and token) is asked which of the facts it holds already.
    """
    sheet = Sheet(path, mapping)
    # Nobody is asked for pseudonyms: any will do to see what the rows state.
    seen, rows = sheet.stated({name: f"p-{number}" for number, name in enumerate(sheet.people())})
    account = ImportAccount(dry=True, undecided=sheet.table.undecided(seen))
    found: list[tuple[int, PostedEvent]] = []
    with bars(console, TimeRemainingColumn()) as progress:
        task = progress.add_task(tell("progress.rows"), total=seen.rows)
        for row in rows:
            _count(row, account)
            progress.update(task, completed=account.rows)
            found += [(row.number, it) for it in row.events] if record else []
    if record and sheet.table.names_people:
        account.asked = sentence("account.not_asked", "people")
    elif record:
        try:
            asyncio.run(_compared(found, *record, account))
        except SendingStopped as error:
            account.asked = sentence("account.not_asked", "stopped", because=error.phrase)
    return account


async def _compared(found: list[tuple[int, PostedEvent]], url: str, token: str, account: ImportAccount) -> None:
    """Asks the record what it holds of these facts."""
    count = Counter[str]()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": BATCH_TYPE, "Accept-Language": language()}
    async with ClientSession(headers=headers, timeout=ClientTimeout(60)) as http:
        for start in range(0, len(found), EVENTS_A_BATCH):
            some = found[start : start + EVENTS_A_BATCH]
            body = msgspec.json.encode([event for _, event in some])
            status, answer = await _sent(http, f"{url}/v1/events/known", body, "results", len(some))
            if status != 200:
                raise SendingStopped("sending.refused", because=_detail(answer, status))
            for (row, event), held in zip(some, answer["results"], strict=True):
                count[held] += 1
                if held == "other":
                    account.refused.append(RowRefusal(row, event.type, tell("account.other")))
    account.asked = sentence("account.asked", same=f"{count['same']:,}", new=f"{count['new']:,}")


async def import_file(
    path: Path, mapping: Path, outbox: Path, url: str, token: str, *, console: Console
) -> ImportAccount:
    """Every row into the outbox, then everything in the outbox to the record. Raises SendingStopped, MappingError.

    People go to the vault before anything goes into the outbox, which holds their pseudonyms and never more.
    """
    sheet = Sheet(path, mapping)
    seen, rows = sheet.stated(await _resolved(sheet.people(), url, token))
    account = ImportAccount(undecided=sheet.table.undecided(seen))
    with Outbox(outbox) as box, bars(console, TimeRemainingColumn()) as progress:
        account.earlier = box.waiting()
        task = progress.add_task(tell("progress.rows"), total=seen.rows)
        while chunk := list(islice(rows, EVENTS_A_BATCH)):
            for row in chunk:
                _count(row, account)
            box.put((row.number, msgspec.json.encode(event)) for row in chunk for event in row.events)
            progress.update(task, completed=account.rows)
        await deliver(box, url, token, account, progress)
    return account


async def post_file(path: Path, outbox: Path, url: str, token: str, *, console: Console) -> ImportAccount:
    """The events of a file (one, an array, or a line each) through the outbox. Raises SendingStopped, ValueError."""
    events = _events(await asyncio.to_thread(path.read_bytes))
    account = ImportAccount(facts=len(events))
    with Outbox(outbox) as box, bars(console, TimeRemainingColumn()) as progress:
        account.earlier = box.waiting()
        box.put((None, without_reason(bytes(event))) for event in events)
        await deliver(box, url, token, account, progress)
    return account


async def _resolved(people: list[str], url: str, token: str) -> dict[str, str]:
    """The pseudonyms of the people of a table, from the vault. Raises SendingStopped."""
    known: dict[str, str] = {}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": JSON_TYPE, "Accept-Language": language()}
    async with ClientSession(headers=headers, timeout=ClientTimeout(60)) as http:
        for start in range(0, len(people), EVENTS_A_BATCH):
            some = people[start : start + EVENTS_A_BATCH]
            body = msgspec.json.encode({"references": some})
            status, answer = await _sent(http, f"{url}/v1/persons/resolve", body, "pseudonyms", len(some))
            if status != 200:
                raise SendingStopped("sending.none_sent", because=_detail(answer, status))
            known |= zip(some, answer["pseudonyms"], strict=True)
    return known


async def deliver(box: Outbox, url: str, token: str, account: ImportAccount, progress: Progress) -> None:
    """Sends until the outbox is empty. Refused events are kept in a file next to it, until the record has them."""
    refused = RefusedFile(box.path.with_suffix(".refused.ndjson"))
    task = progress.add_task(tell("progress.sending"), total=box.waiting())
    most = EVENTS_A_BATCH
    headers = {"Authorization": f"Bearer {token}", "Content-Type": BATCH_TYPE, "Accept-Language": language()}
    async with ClientSession(headers=headers, timeout=ClientTimeout(60)) as http:
        while batch := box.batch(most):
            body = b"[" + b",".join(it.event for it in batch) + b"]"
            status, answer = await _sent(http, f"{url}/v1/events", body, "results", len(batch))
            if status == 413 and len(batch) > 1:
                most = len(batch) // 2
                continue
            if status == 413:
                answer = {"recorded": 0, "duplicates": 0, "results": [{"status": "refused", "problem": answer}]}
            elif status not in (200, 201, 207, 422) or "results" not in answer:
                because = _detail(answer, status)
                raise SendingStopped("sending.some_stay", because=because, count=box.waiting(), path=box.path)
            reasons = {
                pending.number: result["problem"]["detail"]
                for pending, result in zip(batch, answer["results"], strict=True)
                if result["status"] == "refused"
            }
            box.settle(batch, reasons)
            refused.acknowledged(it.event for it in batch if it.number not in reasons)
            account.recorded += answer["recorded"]
            account.duplicates += answer["duplicates"]
            for name in (name for result in answer["results"] for name in result.get("not_kept", ())):
                account.not_kept[name] = account.not_kept.get(name, 0) + 1
            progress.update(task, advance=len(batch))
    _set_aside(box, refused, account)


async def _sent(http: ClientSession, url: str, body: bytes, member: str, count: int) -> tuple[int, dict[str, Any]]:
    """Status and answer (`count` things in `member`); tried again while the record is down, or asks us to wait.

    Lines are slow where hubs are: what is sent is packed. Raises SendingStopped.
    """
    packed = gzip.compress(body, 6)
    for attempt in range(ATTEMPTS):
        wait = random.uniform(0.5, 1.0) * min(LONGEST_WAIT_SECONDS, 0.25 * 2**attempt)  # noqa: S311  to spread retries
        try:
            async with http.post(url, data=packed, headers=PACKED, allow_redirects=False) as answer:
                content = await answer.read()
                if answer.status not in (429, 500, 502, 503, 504, 507):
                    return answer.status, _answered(answer, content, member, count)
                because = sentence("sending.answers", status=answer.status)
                after = answer.headers.get("Retry-After", "")
                wait = max(wait, float(after)) if after.isdecimal() else wait
        except (ClientError, TimeoutError) as error:
            because = of_library(str(error) or type(error).__name__)
        await asyncio.sleep(wait)
    raise SendingStopped("sending.away", url=url, because=because)


def _answered(answer: ClientResponse, content: bytes, member: str, count: int) -> dict[str, Any]:
    """The record's own answer. Raises SendingStopped when something else answered, as the network of a hotel."""
    try:
        body: dict[str, Any] = msgspec.json.decode(content, type=dict[str, Any])
        if answer.status >= 400 and member not in body:
            return body if "detail" in body else {"detail": tell("sending.answers", status=answer.status)}
        if len(body[member]) == count:
            return body
    except (ValueError, KeyError, TypeError):
        pass
    raise SendingStopped("sending.somebody_else", url=answer.url, status=answer.status)


def _set_aside(box: Outbox, file: RefusedFile, account: ImportAccount) -> None:
    """Moves refused events into the file."""
    refusals = box.refusals()
    for row, event, because in refusals:
        account.refused.append(RowRefusal(row, it if (it := type_of(event)) in TYPES else "", because))
    if file.write((event, because) for _, event, because in refusals):
        account.refused_file = file.path
    # On disk before the outbox forgets them.
    box.drop_refusals()


def _count(row: MappedRow, account: ImportAccount) -> None:
    account.rows += 1
    if row.nothing is not None:
        nothing = said(row.nothing)
        account.filtered[nothing] = account.filtered.get(nothing, 0) + 1
        return
    account.used += 1
    account.facts += len(row.events) + len(row.flaws)
    for flaw in row.flaws:
        account.refused.append(RowRefusal(row.number, flaw.type, said(flaw.explanation)))


def _events(content: bytes) -> list[msgspec.Raw]:
    """The events of a file, unread. One that is no proper JSON is among them where it is on a line of its own: the
    record refuses it, and the others go on.

    Raises ValueError naming the line that is not UTF-8, or in which the end of an event cannot be found.
    """
    content = content.removeprefix(BOM_UTF8)
    try:
        content.decode()
    except UnicodeDecodeError as error:
        where = content.count(b"\n", 0, error.start) + 1
        raise Invalid("sending.line_bytes", line=where) from None
    with contextlib.suppress(ValueError, RecursionError):
        return _read(content if content.lstrip()[:1] == b"[" else b"[" + content + b"]")
    events = []
    for number, line in enumerate(content.splitlines(), 1):
        try:
            events += _read(b"[" + line + b"]") if line.strip() else []
        except (ValueError, RecursionError) as error:
            raise Invalid("sending.line_json", line=number, because=reason(error)) from None
    return events


def _read(array: bytes) -> list[msgspec.Raw]:
    """Raises ValueError, as the decoder says it, or RecursionError."""
    try:
        return msgspec.json.decode(array, type=list[msgspec.Raw])
    except (ValueError, RecursionError) as error:
        with contextlib.suppress(ValueError, RecursionError):
            return cloudevents.split_array(array)
        raise error


def import_report(account: ImportAccount, most: int = 20) -> RenderableType:
    """The account for the terminal: where every row and every fact went."""
    title = tell("account.title", "dry" if account.dry else "")
    grid = Grid(show_header=False)
    grid.add_column()
    grid.add_column(justify="right")

    def line(code: str, count: int) -> None:
        grid.add_row(tell(code), f"{count:,}")

    if account.rows:
        line("account.rows", account.rows)
        for reason_, count in sorted(account.filtered.items(), key=lambda it: -it[1])[:most]:
            grid.add_row(Text(tell("account.filtered", because=reason_)), f"{count:,}")
        line("account.used", account.used)
    line("account.facts", account.facts)
    if account.earlier:
        line("account.earlier", account.earlier)
    if not account.dry:
        line("account.recorded", account.recorded)
        line("account.duplicates", account.duplicates)
    line("account.refused", len(account.refused))
    parts: list[RenderableType] = [Text(title, style="italic"), grid]
    parts += [
        Text(tell("account.not_kept", name=name, count=f"{count:,}"))
        for name, count in sorted(account.not_kept.items())
    ]
    parts += [Text(said(it)) for it in account.undecided]
    if account.dry:
        parts.append(Text(said(account.asked)))
        parts += [Text(tell("account.row", row=it.row, type=it.type, because=it.reason)) for it in account.refused]
    else:
        rows: dict[str, list[int]] = {}
        for it in account.refused:
            rows.setdefault(it.reason, []).extend(() if it.row is None else (it.row,))
        for because, count in Counter(it.reason for it in account.refused).most_common():
            which = "rows" if rows[because] else ""
            sentence_ = tell("account.reason", which, count=count, rows=row_numbers(rows[because]), because=because)
            parts.append(Text(sentence_))
    if account.refused_file:
        parts.append(Text(tell("account.mend", path=account.refused_file)))
    return Group(*parts)


def _detail(answer: dict[str, Any], status: int) -> Phrase:
    """What the record says of what it refused, in the language in which it was asked."""
    return unlisted(str(answer.get("detail", status)))
