"""The hub's client: rows of a table or a file of events into the outbox, and from there to the record."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import gzip
import io
import os
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout
from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table as Grid
from rich.text import Text

from api.cloudevents import BATCH
from api.mapping import Mapping
from api.outbox import Outbox
from api.rows import Row, Seen, Table

EVENTS_A_BATCH = 1000
LONGEST_WAIT_SECONDS = 30.0
ATTEMPTS = 8
"""How often a batch is tried before the command gives up; what is in the outbox stays there."""


class Stopped(ValueError):
    """The record cannot be reached or does not let us in; what was not sent stays in the outbox."""


class Refusal(msgspec.Struct, frozen=True):
    """A fact that was not recorded; `row` as a spreadsheet numbers it, the header being row 1."""

    row: int | None
    type: str
    reason: str


class Account(msgspec.Struct):
    """rows = filtered + used; facts = recorded + duplicates + refused (+ made, in a dry run). Nothing else."""

    rows: int = 0
    used: int = 0
    filtered: dict[str, int] = {}
    facts: int = 0
    recorded: int = 0
    duplicates: int = 0
    refused: list[Refusal] = []
    earlier: int = 0
    refused_file: Path | None = None
    dry: bool = False
    not_kept: dict[str, int] = {}


class Sheet:
    """A table in a file under a mapping. Raises MappingError, and ValueError for a file that cannot be read."""

    def __init__(self, path: Path, mapping: Path) -> None:
        checked = Mapping(mapping.read_text(encoding="utf-8"))
        self._path, self._form = path, checked.form.file
        csv.field_size_limit(16 * 1024 * 1024)
        with self._lines() as lines:
            self.table = Table(checked, next(lines, []))

    def people(self) -> list[str]:
        """What the table calls people, where its facts are about them."""
        with self._lines() as lines:
            next(lines, None)
            return self.table.people(lines) if self.table.names_people else []

    def stated(self, pseudonyms: dict[str, str]) -> tuple[Seen, Iterator[Row]]:
        """A survey of the table, and what each of its rows states."""
        self.table.know(pseudonyms)
        with self._lines() as lines:
            next(lines, None)
            seen = self.table.survey(lines)
        return seen, self._rows(seen)

    def _rows(self, seen: Seen) -> Iterator[Row]:
        now = datetime.now(UTC)
        with self._lines() as lines:
            next(lines, None)
            for number, cells in enumerate(lines, 2):
                if cells:
                    yield self.table.read(number, cells, seen, now)

    @contextlib.contextmanager
    def _lines(self) -> Iterator[Iterator[list[str]]]:
        form = self._form
        try:
            with _opened(self._path, form.encoding) as file:
                yield csv.reader(file, delimiter=form.delimiter)
        except UnicodeDecodeError as error:
            mend = 'say another in the mapping, such as [file] encoding = "cp949"'
            raise ValueError(
                f"{self._path} is not written in {form.encoding} ({error.reason} at byte {error.start}); {mend}"
            ) from None
        except (csv.Error, EOFError, gzip.BadGzipFile) as error:
            raise ValueError(f"{self._path} cannot be read to its end: {error}") from None


def _opened(path: Path, encoding: str) -> io.TextIOWrapper:
    raw = gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # noqa: SIM115  the caller closes it
    return io.TextIOWrapper(raw, encoding=encoding, newline="")


def dry_run(path: Path, mapping: Path, *, console: Console) -> Account:
    """What an import would send, and every fact it could not state, with its row and why. Sends nothing."""
    sheet = Sheet(path, mapping)
    # Nobody is asked for pseudonyms: any will do to see what the rows state.
    seen, rows = sheet.stated({name: f"p-{number}" for number, name in enumerate(sheet.people())})
    account = Account(dry=True)
    with _progress(console) as progress:
        task = progress.add_task("reading rows", total=seen.rows)
        for row in rows:
            _count(row, account)
            progress.update(task, completed=account.rows)
    return account


async def import_file(path: Path, mapping: Path, outbox: Path, url: str, token: str, *, console: Console) -> Account:
    """Every row into the outbox, then everything in the outbox to the record. Raises Stopped, MappingError.

    People go to the vault before anything goes into the outbox, which holds their pseudonyms and never more.
    """
    sheet = Sheet(path, mapping)
    seen, rows = sheet.stated(await _resolved(sheet.people(), url, token))
    account = Account()
    with Outbox(outbox) as box, _progress(console) as progress:
        account.earlier = box.waiting()
        task = progress.add_task("reading rows", total=seen.rows)
        while chunk := list(islice(rows, EVENTS_A_BATCH)):
            for row in chunk:
                _count(row, account)
            box.put((row.number, msgspec.json.encode(event)) for row in chunk for event in row.events)
            progress.update(task, completed=account.rows)
        await deliver(box, url, token, account, progress)
    return account


async def post_file(path: Path, outbox: Path, url: str, token: str, *, console: Console) -> Account:
    """The events of a file (one, an array, or a line each) through the outbox. Raises Stopped, ValueError."""
    events = _events(await asyncio.to_thread(path.read_bytes))
    account = Account(facts=len(events))
    with Outbox(outbox) as box, _progress(console) as progress:
        account.earlier = box.waiting()
        box.put((None, bytes(event)) for event in events)
        await deliver(box, url, token, account, progress)
    return account


async def _resolved(people: list[str], url: str, token: str) -> dict[str, str]:
    """The pseudonyms of the people of a table, from the vault. Raises Stopped."""
    known: dict[str, str] = {}
    headers = {"Authorization": f"Bearer {token}"}
    async with ClientSession(headers=headers, timeout=ClientTimeout(60)) as http:
        for start in range(0, len(people), EVENTS_A_BATCH):
            some = people[start : start + EVENTS_A_BATCH]
            body = msgspec.json.encode({"references": some})
            status, answer = await _sent(http, f"{url}/v1/persons/resolve", body, "pseudonyms", len(some))
            if status != 200:
                raise Stopped(f"{answer.get('detail', status)}; nothing of this table was put into the outbox")
            known |= zip(some, answer["pseudonyms"], strict=True)
    return known


async def deliver(box: Outbox, url: str, token: str, account: Account, progress: Progress) -> None:
    """Sends until the outbox is empty. Refused events end up in a file beside it, one a line, ready to be mended."""
    task = progress.add_task("to the record", total=box.waiting())
    most = EVENTS_A_BATCH
    headers = {"Authorization": f"Bearer {token}", "Content-Type": BATCH}
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
                raise Stopped(f"{answer.get('detail', status)}; {box.waiting()} events stay in {box.path}")
            reasons = {
                pending.number: result["problem"]["detail"]
                for pending, result in zip(batch, answer["results"], strict=True)
                if result["status"] == "refused"
            }
            box.settle(batch, reasons)
            account.recorded += answer["recorded"]
            account.duplicates += answer["duplicates"]
            for name in (name for result in answer["results"] for name in result.get("not_kept", ())):
                account.not_kept[name] = account.not_kept.get(name, 0) + 1
            progress.update(task, advance=len(batch))
    account.refused_file = _set_aside(box, account)


async def _sent(http: ClientSession, url: str, body: bytes, member: str, count: int) -> tuple[int, dict[str, Any]]:
    """Status and answer (`count` things in `member`); tried again while the record is away. Raises Stopped."""
    for attempt in range(ATTEMPTS):
        wait = random.uniform(0.5, 1.0) * min(LONGEST_WAIT_SECONDS, 0.25 * 2**attempt)  # noqa: S311  to spread retries
        try:
            async with http.post(url, data=body, allow_redirects=False) as answer:
                content = await answer.read()
                if answer.status not in (500, 502, 503, 504, 507):
                    return answer.status, _answered(answer, content, member, count)
                why = f"the record answers {answer.status}"
                told = answer.headers.get("Retry-After", "")
                wait = max(wait, float(told)) if told.isdecimal() else wait
        except (ClientError, TimeoutError) as error:
            why = str(error) or type(error).__name__
        await asyncio.sleep(wait)
    raise Stopped(f"{url} cannot be reached ({why}); nothing is lost, the outbox keeps what waits: run the same again")


def _answered(answer: ClientResponse, content: bytes, member: str, count: int) -> dict[str, Any]:
    """The record's own words. Raises Stopped when somebody else answered, such as the login page of a network."""
    try:
        body: dict[str, Any] = msgspec.json.decode(content, type=dict[str, Any])
        if answer.status >= 400 and member not in body:
            return body if "detail" in body else {"detail": f"the record answers {answer.status}"}
        if len(body[member]) == count:
            return body
    except (msgspec.DecodeError, KeyError, TypeError):
        pass
    raise Stopped(
        f"{answer.url} is not answered by the record (status {answer.status}); is there a login page between?"
    )


def _set_aside(box: Outbox, account: Account) -> Path | None:
    """Moves refused events into a file; each line is the event with the reason beside it."""
    refusals = box.refusals()
    if not refusals:
        return None
    path = box.path.with_suffix(".refused.ndjson")
    with path.open("ab") as file:
        for row, event, reason in refusals:
            whole = msgspec.json.decode(event)
            shown = whole if isinstance(whole, dict) else {}
            account.refused.append(Refusal(row, str(shown.get("type", "")), reason))
            file.write(msgspec.json.encode(shown | {"refused": reason}) + b"\n")
        # On disk before the outbox forgets them.
        file.flush()
        os.fsync(file.fileno())
    box.drop_refusals()
    return path


def _count(row: Row, account: Account) -> None:
    account.rows += 1
    if row.filtered is not None:
        account.filtered[row.filtered] = account.filtered.get(row.filtered, 0) + 1
        return
    account.used += 1
    account.facts += len(row.events) + len(row.flaws)
    for flaw in row.flaws:
        where = f"column {flaw.column}: " if flaw.column else ""
        account.refused.append(Refusal(row.number, flaw.type, where + flaw.reason))


def _events(content: bytes) -> list[msgspec.Raw]:
    """The events of a file, unread. Raises ValueError naming the line that is no JSON."""
    try:
        whole = msgspec.json.decode(content, type=msgspec.Raw)
        return msgspec.json.decode(content, type=list[msgspec.Raw]) if content.lstrip()[:1] == b"[" else [whole]
    except msgspec.DecodeError:
        lines = [(number, line) for number, line in enumerate(content.splitlines(), 1) if line.strip()]
    for number, line in lines:
        try:
            msgspec.json.decode(line)
        except msgspec.DecodeError as error:
            raise ValueError(f"line {number} is not JSON: {error}") from None
    return [msgspec.Raw(line) for _, line in lines]


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True)


def report(account: Account, most: int = 20) -> RenderableType:
    """The account for the terminal: where every row and every fact went."""
    grid = Grid(
        title="dry run: nothing was sent" if account.dry else "account", title_justify="left", show_header=False
    )
    grid.add_column()
    grid.add_column(justify="right")
    if account.rows:
        grid.add_row("rows read", f"{account.rows:,}")
        for reason, count in sorted(account.filtered.items(), key=lambda it: -it[1])[:most]:
            grid.add_row(Text(f"  filtered: {reason}"), f"{count:,}")
        grid.add_row("  used", f"{account.used:,}")
    grid.add_row("facts", f"{account.facts:,}")
    if account.earlier:
        grid.add_row("waiting from before", f"{account.earlier:,}")
    if not account.dry:
        grid.add_row("  recorded", f"{account.recorded:,}")
        grid.add_row("  duplicates", f"{account.duplicates:,}")
    grid.add_row("  refused", f"{len(account.refused):,}")
    parts: list[RenderableType] = [grid]
    if account.refused and not account.dry:
        parts += [
            Text(f"{count} refused: {reason}")
            for reason, count in Counter(it.reason for it in account.refused).most_common(most)
        ]
    parts += [
        Text(f"the attribute {name} of {count:,} events is not kept by the record")
        for name, count in sorted(account.not_kept.items())
    ]
    if account.dry:
        parts += [Text(f"row {it.row} {it.type}: {it.reason}") for it in account.refused]
    if account.refused_file:
        parts.append(Text(f"mend {account.refused_file} and send it with `sagwan post`"))
    return Group(*parts)
