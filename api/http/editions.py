"""`POST /v1/editions/PERIOD`: publishing what is to be published next."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from api.body import read_json
from api.http import computed_claims
from api.http.responses import json
from api.problems import Problem
from api.reads.asked import parse_half_year
from api.server.engine import ENGINE, Engine
from domain.acts.check import Check
from domain.acts.check_events import EditionPublished, EditionRestated
from domain.input_policy.authority import Actor
from domain.messages import reason
from domain.period import HalfYear
from domain.record import FOREVER, Refused
from domain.values import check_utc
from journal.store.submission import ComputedFrom, Submission
from replay.editions.editions import check_of, cut_of, editions_of, next_edition
from replay.editions.period_figures import Cut
from replay.report.content import edition_document, edition_report


class PublishRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be published; of a restatement, up to when and where it counts: by default all that is there."""

    valid_cutoff: datetime | None = None
    position: Annotated[int, Meta(ge=1)] | None = None

    def __post_init__(self) -> None:
        if self.valid_cutoff is not None:
            check_utc(self.valid_cutoff, "valid_cutoff")


async def publish_edition(request: web.Request) -> web.Response:
    """Publishes what is to be published next: the first edition of a closed check, or a restatement approved.

    Where that is out already the answer is the same edition again.
    """
    engine, period = request.app[ENGINE], parse_half_year(request.match_info["period"])
    actor = engine.access.actor(request)
    try:
        wanted = msgspec.json.decode(await read_json(request) or b"{}", type=PublishRequest)
    except ValueError as error:
        raise Problem(400, "body.invalid", because=reason(error)) from None
    await engine.caught_up(engine.journal.position)
    basis = await asyncio.to_thread(computed_claims.computed_from, engine.journal, period)
    check = await asyncio.to_thread(check_of, engine.journal, period)
    new = check.status == "CLOSED" or check.approved
    if new:
        engine.whole()
        await engine.sealed(engine.journal.position)
        act = await asyncio.to_thread(_act, engine, actor, check, basis, wanted)
        (outcome,) = await engine.record([act])
        if isinstance(outcome, Refused):
            raise outcome
        await engine.caught_up(outcome.position)
    elif not check.editions:
        raise Refused("check.out_of_turn", "unclosed", status=check.status)

    def read() -> dict[str, Any]:
        published = editions_of(engine.journal, period)[-1]
        return edition_document(edition_report(engine.journal, engine.figure_cache, period, published))

    found = await asyncio.to_thread(read)
    headers = {"Location": f"/v1/editions/{found['edition']}", "Sagwan-Position": str(engine.journal.position)}
    return json(found, status=201 if new else 200, headers=headers)


def _act(engine: Engine, actor: Actor, check: Check, basis: ComputedFrom, wanted: PublishRequest) -> Submission:
    cut = cut_of(check)
    number = len(check.editions) + 1
    if check.editions:
        now = min(engine.clock(), HalfYear.parse(cut.period).last_moment)
        position = engine.journal.position if wanted.position is None else wanted.position
        cut = Cut.of(cut.period, wanted.valid_cutoff or now, min(position, FOREVER), check.indicators)
        if position > engine.journal.position:
            raise Refused("check.cutoff_in_future", "recorded", position=position)
    key, content = next_edition(engine.journal, engine.figure_cache, cut, engine.checkpoint_at(cut.position))
    engine.journal.entries.keep([content.kept])  # on disk before the act is
    fact: EditionPublished | EditionRestated = EditionPublished(key=key, digest=content.digest)
    if check.editions:
        fact = EditionRestated(edition=number, key=key, digest=content.digest)
    return Submission(
        actor=actor,
        stream=f"check:{cut.period}",
        source="sagwan",
        id=f"edition.{cut.period}.{number}",
        fact=fact,
        computed=basis,
    )
