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
from api.demo.narrator import AUDITOR, VERIFIER, Narrator, SimulatedClock
from api.demo.programme import SECRETARIAT, programme
from api.demo.simulation import year
from api.reader import RecordReader
from api.serve import serving
from api.terminal_lines import say
from domain.acts.check import Check
from domain.messages import Invalid
from domain.phrase import Phrase

MARK = "DEMO"
"""A file in the folder of a demo: its times are simulated."""


async def run(data: Path | None, out: Console, *, seed: int, once: bool, scale: float = 1.0) -> None:
    """Runs the year and its two checks, and shows the results; without `once` the server stays up.

    Raises ValueError for a folder that is not empty.
    """
    with contextlib.ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sagwan-demo-")))
        if folder.exists() and any(folder.iterdir()):
            raise Invalid("demo.not_empty", folder=folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARK).write_text("A simulated record, made by `sagwan demo`.\n", encoding="utf-8")
        clock = SimulatedClock(datetime(2024, 12, 6, 2, tzinfo=UTC))
        async with (
            serving(folder, None, "127.0.0.1", 0, clock=clock) as (url, operator, _),
            ClientSession(base_url=url) as http,
        ):
            assert operator is not None
            narrator = Narrator(http, clock, (year(seed, scale), programme()), out)
            await narrator.begin(operator)
            await _narrated(narrator, out)
            await _audited(RecordReader(folder, url, narrator.people[AUDITOR].token), out)
            if not once:
                showing.where_to_look(out, folder, narrator.people[AUDITOR].token)
                out.print()
                say("demo.stays", url=url)
                await asyncio.Event().wait()
        if data:
            showing.where_to_look(out, data, None)


async def _narrated(narrator: Narrator, out: Console) -> None:
    showing.chapter(out, 1, "record")
    await narrator.until(morning(FIRST.opens))
    say("demo.posted", recorded=f"{narrator.recorded:,}", duplicates=narrator.duplicates)
    showing.chapter(out, 2, "check")
    first = await run_check(narrator, FIRST, out)
    out.print(showing.performance_table(first))
    out.print()
    out.print(showing.performance_legend(first))
    showing.chapter(out, 3, "late")
    codes = await _proposed(narrator, out)
    register, settled_at = await _late(narrator, out)
    showing.came_late(out, register, first)
    showing.chapter(out, 4, "second")
    showing.dated_act(out, settled_at, "action", hub=FIRST.findings[0].hub)
    second = await run_check(narrator, SECOND, out)
    showing.adjusted(out, narrator.clock.now, second)
    out.print(showing.performance_table(second))
    showing.chapter(out, 5, "restated")
    await _restated(narrator, sorted({*codes, *_weighty(second)}), out)
    showing.chapter(out, 6, "programme")
    with showing.bar(out, "programme"):
        views = [
            await narrator.ask("GET", f"/v1/views/{it}", AUDITOR, after=narrator.position) for it in showing.GLANCED
        ]
    showing.at_a_glance(out, *(it["rows"] for it in views))


async def _late(narrator: Narrator, out: Console) -> tuple[Any, datetime]:
    """The rest of the year. The late register of the first half as of the autumn, which the engine makes meanwhile, and
    when a corrective action was settled.
    """
    await narrator.until(morning(date(2025, 10, 1)))
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(narrator.ask("GET", f"/v1/checks/{FIRST.half}/late", known=narrator.position))
        await settle_findings(narrator)
        settled_at = narrator.clock.now
        await narrator.until(morning(SECOND.opens))
        with showing.bar(out, "late"):
            return await asked, settled_at


async def _proposed(narrator: Narrator, out: Console) -> list[str]:
    """The indicators of the restatement that the engine proposes by itself, which is waited for.

    Raises RuntimeError when it proposes none.
    """
    path = f"/v1/events?stream=check:{FIRST.half}&type=check.restatement_proposed"
    with showing.bar(out, "matter"):
        for _ in range(200):
            if found := (await narrator.ask("GET", path))["events"]:
                break
            await asyncio.sleep(0.2)
        else:
            raise RuntimeError("nothing that came late is material, so no restatement is proposed; try another --seed")
    entry = found[0]["entry"]
    moment = datetime.fromisoformat(entry["recorded_at"])
    reason = Phrase(entry["fact"]["reason"], entry["fact"]["reason_en"])
    showing.dated_act(out, moment, "proposed", "proposed_engine", reason=reason)
    return list(entry["fact"]["indicators"])


def _weighty(edition: Any) -> set[str]:
    """Of the figures of all hubs together that an edition adjusts, the indicators of those that moved by a part that is
    material."""
    moves = (move for it in edition["content"]["adjustments"] for move in it["moves"] if move["by"] is None)
    return {
        move["indicator"]
        for move in moves
        if move["delta"] and abs(Decimal(move["delta"])) >= Check().materiality * abs(Decimal(move["before"] or 0))
    }


async def _restated(narrator: Narrator, codes: list[str], out: Console) -> None:
    period, planned = str(FIRST.half), STORY.restatement
    stream = f"check:{period}"
    await narrator.until(in_seoul(planned.proposed_at))
    proposed = {"edition": 1, "reason": planned.reason, "reason_en": planned.reason_en, "indicators": codes}
    await narrator.act(
        VERIFIER,
        ("check.restatement_rejected", stream, {"reason": planned.put_off}),
        ("check.restatement_proposed", stream, proposed),
    )
    reason = Phrase(planned.reason, planned.reason_en)
    showing.dated_act(out, narrator.clock.now, "proposed", "proposed_instead", reason=reason)
    await narrator.until(in_seoul(planned.approved_at))
    await narrator.act(SECRETARIAT, ("check.restatement_approved", stream, {}))
    showing.dated_act(out, narrator.clock.now, "approved")
    await narrator.until(in_seoul(planned.published_at))
    new = await publish_next(narrator, period, out)
    old = await narrator.ask("GET", f"/v1/editions/{period}/1.json")
    digest = showing.short(old["digest"])
    showing.dated_act(out, narrator.clock.now, "before", edition=old["edition"], digest=digest)
    out.print(showing.edition_comparison(old, new))


async def _audited(reader: RecordReader, out: Console) -> None:
    """What an auditor does, with nothing but the record. Raises RuntimeError when it is not as it was published."""
    showing.chapter(out, 7, "audit")
    with showing.bar(out, "again"):
        made = await asyncio.to_thread(reader.reproduce, str(FIRST.half), 1, lambda *_: None)
    if not made.same or not made.sealed:
        raise RuntimeError(f"2025S1/1 was published as {made.published}; the record makes {made.made}")
    digests: dict[str, Any] = {"published": showing.short(made.published), "made": showing.short(made.made)}
    say("demo.reproduced", style="green", figures=made.figures, entries=f"{made.entries:,}", **digests)
    with showing.bar(out, "verify"):
        report = await asyncio.to_thread(reader.verify, lambda *_: None)
    if report.differences or not report.seal:
        raise RuntimeError(f"the demo's record does not verify: {report.differences[:1]}")
    whole: dict[str, Any] = {"entries": f"{report.entries:,}", "tables": report.tables}
    say("demo.whole", style="green", sealed=f"{report.seal.size:,}", **whole)
