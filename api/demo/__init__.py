"""`sagwan demo`: ten hubs post a simulated year over HTTP, on a clock of its own, and the secretariat what concerns the
whole programme; both half-years are checked and published, the first is restated, and an auditor makes it again from
the record.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
from rich.console import Console

from api.demo import showing
from api.demo.check import publish_next, run_check, settle_findings
from api.demo.cloud_events import in_seoul, morning
from api.demo.course import FIRST, SECOND, STORY
from api.demo.programme import SECRETARIAT, programme
from api.demo.simulation import year
from api.demo.telling import AUDITOR, VERIFIER, Narrator, SimulatedClock
from api.reader import RecordReader
from api.serve import serving
from domain.acts.check import Check

MARK = "DEMO"
"""A file in the folder of a demo: its times are told, not lived."""


async def run(data: Path | None, out: Console, *, seed: int, once: bool, scale: float = 1.0) -> None:
    """Tells the year and its two checks, and shows what comes of them; without `once` the server stays up.

    Raises ValueError for a folder that is not empty.
    """
    with contextlib.ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sagwan-demo-")))
        if folder.exists() and any(folder.iterdir()):
            raise ValueError(f"{folder} is not empty; a demo begins with an empty folder")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARK).write_text("A simulated record, made by `sagwan demo`.\n", encoding="utf-8")
        clock = SimulatedClock(datetime(2024, 12, 6, 2, tzinfo=UTC))
        async with (
            serving(folder, None, "127.0.0.1", 0, clock=clock) as (url, operator, _),
            ClientSession(base_url=url) as http,
        ):
            assert operator is not None
            telling = Narrator(http, clock, (year(seed, scale), programme()), out)
            await telling.begin(operator)
            await _told(telling, out)
            await _audited(RecordReader(folder, url, telling.people[AUDITOR].token), out)
            if not once:
                showing.where_to_look(out, folder, telling.people[AUDITOR].token)
                out.print(f"\nThe server stays up at [bold]{url}[/] until Ctrl-C.")
                await asyncio.Event().wait()
        if data:
            showing.where_to_look(out, data, None)


async def _told(telling: Narrator, out: Console) -> None:
    showing.chapter(out, 1, "상반기 기록", "Ten hubs post the first half of 2025")
    await telling.until(morning(FIRST.opens))
    out.print(
        f"[bold]{telling.recorded:,}[/] events over HTTP, none refused; {telling.duplicates} came twice and are"
        " recorded once.",
    )
    showing.chapter(out, 2, "반기별 점검 2025S1", "The first half-year is checked and published")
    first = await run_check(telling, FIRST, out)
    out.print(showing.performance_table(first))
    out.print()
    out.print(showing.performance_legend(first))
    showing.chapter(out, 3, "지연 등록부", "What came late is accepted, and the edition does not move")
    codes = await _proposed(telling, out)
    register, settled_at = await _late(telling, out)
    showing.came_late(out, register, first)
    showing.chapter(out, 4, "2025S2와 전기조정", "The second half-year, with what the first one was off by")
    hub = FIRST.findings[0].hub
    showing.dated_act(
        out, settled_at, "시정조치 action", f"{hub} mended what was found, in time; the other action is carried over"
    )
    second = await run_check(telling, SECOND, out)
    for line in showing.adjusted(second):
        showing.dated_act(out, telling.clock.now, "전기조정 adjusted", line)
    out.print(showing.performance_table(second))
    showing.chapter(out, 5, "정정공표 2025S1/2", "A person approves, the first half-year is stated again")
    await _restated(telling, sorted({*codes, *_weighty(second)}), out)
    showing.chapter(out, 6, "사업 전체", "The programme in a few lines")
    with showing.bar(out, "what the record says of it"):
        views = [await telling.ask("GET", f"/v1/views/{it}", AUDITOR, after=telling.position) for it in showing.GLANCED]
    showing.at_a_glance(out, *(it["rows"] for it in views))


async def _late(telling: Narrator, out: Console) -> tuple[Any, datetime]:
    """The rest of the year. The late register of the first half as of the autumn, which the engine makes meanwhile, and
    when a corrective action was settled.
    """
    await telling.until(morning(date(2025, 10, 1)))
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(telling.ask("GET", f"/v1/checks/{FIRST.half}/late", known=telling.position))
        await settle_findings(telling)
        settled_at = telling.clock.now
        await telling.until(morning(SECOND.opens))
        with showing.bar(out, "the part of each late entry in each figure"):
            return await asked, settled_at


async def _proposed(telling: Narrator, out: Console) -> list[str]:
    """The indicators of the restatement that the engine proposes by itself, which is waited for.

    Raises RuntimeError when it proposes none.
    """
    path = f"/v1/events?stream=check:{FIRST.half}&type=check.restatement_proposed"
    with showing.bar(out, "does what came late matter?"):
        for _ in range(200):
            if found := (await telling.ask("GET", path))["events"]:
                break
            await asyncio.sleep(0.2)
        else:
            raise RuntimeError("nothing that came late is material, so no restatement is proposed; try another --seed")
    entry = found[0]["entry"]
    moment = datetime.fromisoformat(entry["recorded_at"])
    showing.dated_act(out, moment, "정정 제안 proposed", f"by the engine: {entry['fact']['reason_en']}")
    return list(entry["fact"]["indicators"])


def _weighty(edition: Any) -> set[str]:
    """Of the figures of all hubs together that an edition adjusts, the indicators of those that moved by a part that is
    material."""
    moves = (move for it in edition["content"]["adjustments"] for move in it["moves"] if move["by"] is None)
    return {
        move["indicator"]
        for move in moves
        if move["delta"] and abs(Decimal(move["delta"])) >= Check().materiality * abs(Decimal(move["before"]))
    }


async def _restated(telling: Narrator, codes: list[str], out: Console) -> None:
    period, planned = str(FIRST.half), STORY.restatement
    stream = f"check:{period}"
    await telling.until(in_seoul(planned.proposed_at))
    proposed = {"edition": 1, "reason": planned.reason, "reason_en": planned.reason_en, "indicators": codes}
    await telling.act(
        VERIFIER,
        ("check.restatement_rejected", stream, {"reason": planned.put_off}),
        ("check.restatement_proposed", stream, proposed),
    )
    showing.dated_act(out, telling.clock.now, "정정 제안 proposed", f"in place of the engine's: {planned.reason_en}")
    await telling.until(in_seoul(planned.approved_at))
    await telling.act(SECRETARIAT, ("check.restatement_approved", stream, {}))
    showing.dated_act(out, telling.clock.now, "승인 approved", "by another person of the secretariat")
    await telling.until(in_seoul(planned.published_at))
    new = await publish_next(telling, period, out)
    old = await telling.ask("GET", f"/v1/editions/{period}/1.json")
    showing.dated_act(
        out,
        telling.clock.now,
        "정정 전 as before",
        f"{old['edition']} is still there, digest {showing.short(old['digest'])}",
    )
    out.print(showing.edition_comparison(old, new))


async def _audited(reader: RecordReader, out: Console) -> None:
    """What an auditor does, with nothing but the record. Raises RuntimeError when it is not as it was published."""
    showing.chapter(out, 7, "재현과 검증", "An auditor makes 2025S1/1 again, and verifies the record")
    with showing.bar(out, "2025S1/1 from the record alone"):
        made = await asyncio.to_thread(reader.reproduce, str(FIRST.half), 1, lambda *_: None)
    if not made.same or not made.sealed:
        raise RuntimeError(f"2025S1/1 was published as {made.published}; the record makes {made.made}")
    out.print(
        f"재현 [green]reproduced[/]: {made.figures} figures made of the first {made.entries:,} entries, in fresh"
        f" tables; published {showing.short(made.published)}, made {showing.short(made.made)}",
    )
    with showing.bar(out, "every entry against the seal, every table against the record"):
        report = await asyncio.to_thread(reader.verify, lambda *_: None)
    if report.differences or not report.seal:
        raise RuntimeError(f"the demo's record does not verify: {report.differences[:1]}")
    out.print(
        f"검증 [green]whole[/]: {report.entries:,} entries; {report.tables} tables made anew agree; "
        f"[green]sealed[/]: {report.seal.size:,} of them are those that were signed",
    )
