"""`sagwan demo`: ten hubs post a simulated year over HTTP, on a clock of its own, and an auditor looks at it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import tempfile
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
from aiohttp import ClientSession
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from api import formats
from api.app import serving
from api.cloudevents import BATCH
from api.engine import Engine
from api.simulation import HUBS, YEAR, Event, Step, calendars, designations, year
from domain.period import HalfYear
from journal.note import VerifierKey
from journal.seal import SealFolder
from projections.comparison import rows_as_of
from projections.evidence import INDICATORS
from replay import diff, sealed
from replay.verify import Report, verify

MARK = "DEMO"
"""A file in the folder of a demo: its times are told, not lived, and no other server opens it to write."""

SHOWN = ["HD-01", "HD-04", "HD-05", "HD-06", "JR-01", "JR-02", "EX-01", "EX-02", "GV-04"]


class Clock:
    """The simulated time; only a demo's folder may be written by one."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def __call__(self) -> datetime:
        return self.now


class _Tally:
    def __init__(self) -> None:
        self.positions: dict[str, int] = {}
        self.recorded = self.duplicates = self.refused = 0


async def run(data: Path | None, out: Console, *, seed: int, once: bool, scale: float = 1.0) -> None:
    """Tells the year, then shows what an analyst and an auditor would ask; without `once` the server stays up."""
    with contextlib.ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sagwan-demo-")))
        if folder.exists() and any(folder.iterdir()):
            raise ValueError(f"{folder} is not empty; a demo begins with an empty folder")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARK).write_text("A simulated record, made by `sagwan demo`.\n", encoding="utf-8")
        clock = Clock(datetime(2024, 12, 6, 2, tzinfo=UTC))
        async with (
            serving(folder, None, "127.0.0.1", 0, clock=clock) as (url, operator, engine),
            ClientSession(base_url=url) as http,
        ):
            assert operator is not None
            tally = _Tally()
            tokens = await _founded(http, operator, tally)
            middle = await _told(http, tokens, year(seed, scale), clock, tally, out)
            await engine.caught_up(engine.journal.position)
            await _shown(engine, out, tally, middle)
            out.print(
                "\n[bold]Where to look next[/]"
                "\n  GET /v1/streams/case:EU-BRU-2025-00001   one case: state, history, what is irregular about it"
                "\n  GET /v1/indicators/EX-01/evidence         the stays behind a figure"
                "\n  GET /v1/views/irregularities              what departs from the rules, and lifts by itself"
                "\n  docs/life-of-an-event.md                  how an event becomes a figure",
                highlight=False,
            )
            if data and once:
                out.print(f"\nThe folder stays: sagwan query hub_performance --data {folder}", highlight=False)
            if not once:
                analyst = (await _post(http, "/v1/tokens", operator, {"role": "analyst"}))["token"]
                out.print(f"\nThe server stays up at [bold]{url}[/] until Ctrl-C. A token to read with:\n  {analyst}")
                out.print(f'  curl -H "Authorization: Bearer {analyst}" {url}/v1/views/hub_performance?format=csv')
                await asyncio.Event().wait()


async def _founded(http: ClientSession, operator: str, tally: _Tally) -> dict[str, tuple[str, str]]:
    """Designates the hubs; two tokens for each, a preparer's and an attester's, and one for the secretariat."""
    secretariat = (await _post(http, "/v1/tokens", operator, {"role": "secretariat"}))["token"]
    tokens = {"": (secretariat, secretariat)}
    for hub, event in designations():
        await _batch(http, secretariat, [event], tally)
        wish = {"role": "hub", "hub": hub.id}
        first, second = [(await _post(http, "/v1/tokens", operator, wish))["token"] for _ in range(2)]
        tokens[hub.id] = (first, second)
    for event in calendars():
        await _batch(http, secretariat, [event], tally)
    return tokens


async def _told(
    http: ClientSession,
    tokens: dict[str, tuple[str, str]],
    steps: list[Step],
    clock: Clock,
    tally: _Tally,
    out: Console,
) -> int:
    """Posts the year, the hubs of each half-day in parallel; the position at the end of the first half-year."""
    half = HalfYear(YEAR, 1)
    middle = 0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out, transient=True) as progress:
        task = progress.add_task("ten hubs post a year", total=sum(len(p) for it in steps for p in it.posts.values()))
        for step in steps:
            if not middle and step.now > half.ends_at:
                middle = max(tally.positions.values())
                await _review(http, tokens, half, clock, tally)
            clock.now = step.now
            posts = [
                _batch(http, tokens[hub][0], [_resolved(event, tally) for event in events], tally)
                for hub, events in step.posts.items()
            ]
            await asyncio.gather(*posts)
            progress.update(task, advance=sum(map(len, step.posts.values())), description=f"{step.now:%Y-%m-%d}")
    return middle


async def _review(
    http: ClientSession, tokens: dict[str, tuple[str, str]], half: HalfYear, clock: Clock, tally: _Tally
) -> None:
    """Every hub hands in its figures and attests them; the secretariat verifies."""
    for hub in HUBS:
        path = f"/v1/views/hub_performance?where=hub={hub.id}&valid={half.ends_at:%Y-%m-%dT%H:%M:%SZ}"
        figures = await _get(http, path, tokens[hub.id][0])
        digest = hashlib.sha256(msgspec.json.encode(figures["rows"])).hexdigest()
        stream = f"review:{half}-{hub.id}"
        first, second = tokens[hub.id]
        verifier = tokens[""][0]
        acts: list[tuple[str, str, Event]] = [
            (first, "submission_made", {"figures_digest": digest, "narrative_ko": "상반기 실적을 제출합니다."}),
            (second, "submission_attested", {}),
            (verifier, "verification_started", {}),
            (verifier, "submission_verified", {"opinion": "CLEAN"}),
        ]
        for token, act, data in acts:
            event = {"specversion": "1.0", "id": f"{stream}/{act}", "source": "demo/review", "type": f"review.{act}"}
            await _batch(http, token, [event | {"subject": stream, "data": data}], tally)
            clock.now += timedelta(minutes=1)


def _resolved(event: Event, tally: _Tally) -> Event:
    """A correction or void with the position of what it restates, as the hub's client knows it from the answer."""
    if "corrects" not in event:
        return event
    data = event["data"] | {"entry": tally.positions[event["corrects"]]}
    return {name: value for name, value in event.items() if name != "corrects"} | {"data": data}


async def _batch(http: ClientSession, token: str, events: list[Event], tally: _Tally) -> None:
    answer = await _post(http, "/v1/events", token, events, BATCH)
    tally.recorded += answer["recorded"]
    tally.duplicates += answer["duplicates"]
    tally.refused += answer["refused"]
    for event, result in zip(events, answer["results"], strict=True):
        if result["status"] == "refused":
            raise RuntimeError(f"the demo's own event was refused: {result['problem']['detail']}")
        tally.positions[event["id"]] = result["position"]


async def _shown(engine: Engine, out: Console, tally: _Tally, middle: int) -> None:
    position = engine.journal.position
    out.print(
        f"[bold]{tally.recorded:,}[/] events recorded, {tally.duplicates} posted twice and recorded once, "
        f"{tally.refused} refused; the record is at position {position:,}"
    )
    first, second = HalfYear(YEAR, 1), HalfYear(YEAR, 2)
    out.print()
    out.print(await asyncio.to_thread(performance, engine, str(second), None, None, "Hub performance (거점별 실적)"))
    for code in SHOWN:
        it = INDICATORS[code]
        out.print(f"  {code} {it.ko} / {it.en} ({it.unit})", highlight=False)
    out.print()
    title = "as it was known at the end of June (replay)"
    out.print(await asyncio.to_thread(performance, engine, str(first), middle, first.ends_at, title))
    out.print()
    out.print(await asyncio.to_thread(performance, engine, str(first), None, first.ends_at, "as known today"))
    found = await asyncio.to_thread(diff.between, engine.follower.reading, middle, position)
    late = [it for it in found.changes if it.period == str(first)]
    out.print(f"\n[bold]diff {middle} {position}[/], figures of {first} that moved since:")
    for renderable in diff.report(msgspec.structs.replace(found, changes=late), most=12):
        out.print(renderable)
    with engine.follower.reading() as reading:
        rows = reading.rows("SELECT code, count(*) FROM irregularities GROUP BY code ORDER BY 2 DESC")
    irregular = ", ".join(f"{code} {count}" for code, count in rows)
    out.print(f"\n[bold]irregular now[/]: {irregular}", highlight=False)
    live = partial(rows_as_of, engine.follower.mirror)
    await engine.sealed(position)

    def verified() -> Report:
        trusted = [VerifierKey.parse(engine.sealer.verifier)]
        seal = sealed.check(engine.journal.entries, SealFolder(engine.folder.log), trusted)
        return verify(engine.journal, live, position, seal=seal)

    report = await asyncio.to_thread(verified)
    if report.differences:
        raise RuntimeError(f"the demo's record does not verify: {report.differences[0]}")
    assert report.seal
    out.print(
        f"[bold]verify[/]: [green]whole[/], {report.entries:,} entries; {report.tables} tables made anew agree;"
        f" [green]sealed[/], {report.seal.size:,} entries are those that were signed"
    )


def performance(engine: Engine, period: str, known: int | None, valid: datetime | None, title: str) -> Table:
    """The hub performance of one half-year as a table for the terminal."""
    with engine.follower.reading(known, valid) as reading:
        found: pa.Table = reading.table("FROM hub_performance WHERE period = ? ORDER BY region, hub", [period])
    at = f"known at {known:,}" if known else "known now"
    table = Table(title=f"{title}, {period}, {at}", title_justify="left", header_style="bold", padding=0)
    table.add_column("hub", no_wrap=True)
    for code in SHOWN:
        table.add_column(code, justify="right", no_wrap=True)
    for row in formats.rows(found):
        table.add_row(row["hub"], *[_number(row[INDICATORS[code].column]) for code in SHOWN])
    return table


def _number(value: float | None) -> str:
    return "·" if value is None else f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}"


async def _post(http: ClientSession, path: str, token: str, body: Any, type_: str = "application/json") -> Any:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": type_}
    async with http.post(path, data=msgspec.json.encode(body), headers=headers) as answer:
        return msgspec.json.decode(await answer.read())


async def _get(http: ClientSession, path: str, token: str) -> Any:
    async with http.get(path, headers={"Authorization": f"Bearer {token}"}) as answer:
        return msgspec.json.decode(await answer.read())
