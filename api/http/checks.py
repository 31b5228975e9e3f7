"""`/v1/checks` and `/v1/editions`: the half-year check as it stands, its figures, and what it published."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from api import tables
from api.edition_formats import FORMATS, policy, printed
from api.http import authorization, computed_claims, packs
from api.http.body import whole
from api.http.query import bounded, half_year, json, unknown, whole_number
from api.http.reads import points
from api.problems import Problem
from api.server.engine import ENGINE, Engine
from domain import visibility
from domain.acts.check import Check, EditionPublished, EditionRestated
from domain.input_policy.authority import Actor
from domain.nearest import UnknownWord
from domain.period import SEOUL, HalfYear
from domain.record import FOREVER, Refused
from domain.values import in_utc
from journal.store.admission import Computed, Submission
from projections.adhoc import TooMuch
from projections.plain import rows
from replay.editions import check_status
from replay.editions import late_register as late
from replay.editions.check_status import LARGEST, standing
from replay.editions.editions import Published, all_of, check_of, cut_of, find, line, made
from replay.editions.period_figures import Cut
from replay.report.content import document, report


class Wish(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be published; of a restatement, up to when and where it counts: by default all that is there."""

    valid_cutoff: datetime | None = None
    position: Annotated[int, Meta(ge=1)] | None = None

    def __post_init__(self) -> None:
        if self.valid_cutoff is not None:
            in_utc(self.valid_cutoff, "valid_cutoff")


async def listing(request: web.Request) -> web.Response:
    engine = _asked(request)
    at = await points(request, engine)

    def read() -> list[dict[str, Any]]:
        with engine.follower.reading(at.known, None) as reading:
            found = reading.table(
                "SELECT period, status, due_on, len(hubs) AS hubs, valid_cutoff, cutoff_position AS position, edition"
                " FROM checks ORDER BY period"
            )
        return rows(found)

    return json({"checks": await asyncio.to_thread(read)})


async def one(request: web.Request) -> web.Response:
    """The check as it stands, what each hub owes, the digest of each hub's figures, findings, editions.

    A hub sees findings and digests of its own.
    """
    engine, period = _asked(request), half_year(request)
    reader = visibility.reader(engine.access.actor(request))
    at = await points(request, engine)
    await engine.caught_up(engine.journal.position)
    today = engine.clock().astimezone(SEOUL).date() if at.known is None else None
    position = engine.journal.position if at.known is None else at.known
    found = await asyncio.to_thread(standing, engine.journal, engine.abacus, period, today, at.known)
    found = check_status.seen_by(found, reader)
    return json(found, headers={"Sagwan-Position": str(position)} | authorization.told(found.withheld))


async def figures(request: web.Request) -> web.Response:
    """The figures as of the cut-off, of a hub (`?hub=`) or all; the digest is what a hub hands in."""
    engine, period, hub = _asked(request), half_year(request), request.query.get("hub")
    whole = tables.sees_all(engine.access.actor(request), hub)
    await engine.caught_up(engine.journal.position)

    def read() -> dict[str, Any]:
        return check_status.figures(engine.journal, engine.abacus, period, hub, whole=whole)

    found = await asyncio.to_thread(read)
    return json(found, headers={"Sagwan-Position": str(found["position"])})


async def late_register(request: web.Request) -> web.Response:
    """What was recorded after the cut-off about what it counted, and by how much it would move each figure."""
    engine, period = _asked(request), half_year(request)
    at = await points(request, engine)
    known = engine.journal.position if at.known is None else at.known
    await engine.caught_up(known)

    actor = engine.access.actor(request)
    whole = tables.sees_all(actor)

    def read() -> late.Register:
        found = late.register(engine.abacus, check_of(engine.journal, period, known), known)
        return found if whole else late.publishable(found)

    found = await asyncio.to_thread(read)
    found = late.without(found, await authorization.closed(engine, actor, {it.position for it in found.entries}))
    return json(found, headers={"Sagwan-Position": str(known)} | authorization.told(found.kept_back))


async def sample(request: web.Request) -> web.Response:
    """Draws a sample anew: from a query of positions, a position, a seed and a size."""
    engine = _asked(request)
    actor = engine.access.actor(request)
    authorization.reads_all(actor, "draws no sample by a query: it would read everything")
    position = whole_number(request, "position", engine.journal.position)
    size = bounded(whole_number(request, "size", 25), 1, LARGEST, "size")
    population, seed = request.query.get("population"), request.query.get("seed")
    if not population or not seed:
        raise Problem(400, "query.invalid", "population is a query of positions, seed a word; name both")
    await engine.caught_up(position)
    try:
        found = await engine.questions.ask(
            actor.id,
            lambda given_up: check_status.sample(engine.follower.reading, population, position, seed, size, given_up),
            request,
        )
    except TooMuch as error:
        raise Problem(422, "query.too_long", str(error), parameter="population") from None
    except ValueError as error:
        raise Problem(400, "query.invalid", str(error), parameter="population") from None
    return json(found, headers={"Sagwan-Position": str(position)})


async def editions(request: web.Request) -> web.Response:
    """Every edition of a half-year, or of all."""
    engine = _asked(request)
    period = half_year(request) if "period" in request.match_info else None

    def read() -> list[dict[str, Any]]:
        names = [period] if period else [it.partition(":")[2] for it in engine.journal.entries.streams("check")]
        return [line(name, it) for name in sorted(names) for it in all_of(engine.journal, name)]

    return json({"editions": await asyncio.to_thread(read)})


async def edition(request: web.Request) -> web.StreamResponse:
    """An edition, computed from its key and measured against its digest: JSON, a page, a spreadsheet, its evidence."""
    engine = _asked(request)
    period, number = half_year(request), int(request.match_info["number"])
    format_ = request.match_info.get("format") or request.query.get("format", "json")
    if format_ == "zip":
        return await packs.edition(request, period, number)
    if format_ not in FORMATS:
        error = UnknownWord("an edition is not there in this format", format_, there := [*FORMATS, "zip"])
        raise unknown(404, "edition.no_format", error, formats=there)
    try:
        server = str(request.url.origin())
    except ValueError:
        raise Problem(400, "http.host", "Host is no name of a server") from None
    reader = visibility.reader(engine.access.actor(request))

    def read() -> tuple[bytes, Published]:
        published = find(engine.journal, period, number)
        return printed(engine.journal, engine.abacus, period, published, format_, server, reader), published

    await engine.caught_up(engine.journal.position)
    body, published = await asyncio.to_thread(read)
    headers = {
        "Content-Type": FORMATS[format_],
        "Sagwan-Position": str(published.key.position),
        "ETag": f'"{published.digest}"',
    }
    if format_ == "html":
        headers["Content-Security-Policy"] = policy()
    if format_ == "xlsx":
        headers["Content-Disposition"] = f'attachment; filename="sagwan-{period}-{number}.xlsx"'
    return web.Response(body=body, headers=headers)


async def publish(request: web.Request) -> web.Response:
    """Publishes what is to be published next: the first edition of a closed check, or a restatement approved.

    Where that is out already the answer is the same edition again.
    """
    engine, period = request.app[ENGINE], half_year(request)
    actor = engine.access.actor(request)
    if actor.role != "secretariat":
        raise Problem(403, "authority.role", "the secretariat publishes", role=actor.role)
    try:
        wish = msgspec.json.decode(await whole(request) or b"{}", type=Wish)
    except msgspec.DecodeError as error:
        raise Problem(400, "body.invalid", f"what is to be published: {error}") from None
    await engine.caught_up(engine.journal.position)
    beside = await asyncio.to_thread(computed_claims.computed_beside, engine.journal, period)
    check = await asyncio.to_thread(check_of, engine.journal, period)
    new = check.status == "CLOSED" or check.approved
    if new:
        engine.whole()
        await engine.sealed(engine.journal.position)
        act = await asyncio.to_thread(_act, engine, actor, check, beside, wish)
        (outcome,) = await engine.record([act])
        if isinstance(outcome, Refused):
            raise outcome
        await engine.caught_up(outcome.position)
    elif not check.editions:
        raise Refused("check.out_of_turn", "an edition is published of a closed check", status=check.status)

    def read() -> dict[str, Any]:
        published = all_of(engine.journal, period)[-1]
        return document(report(engine.journal, engine.abacus, period, published))

    found = await asyncio.to_thread(read)
    headers = {"Location": f"/v1/editions/{found['edition']}", "Sagwan-Position": str(engine.journal.position)}
    return json(found, status=201 if new else 200, headers=headers)


def _act(engine: Engine, actor: Actor, check: Check, beside: Computed, wish: Wish) -> Submission:
    cut = cut_of(check)
    number = len(check.editions) + 1
    if check.editions:
        now = min(engine.clock(), HalfYear.parse(cut.period).last_moment)
        position = engine.journal.position if wish.position is None else wish.position
        cut = Cut.of(cut.period, wish.valid_cutoff or now, min(position, FOREVER), check.indicators)
        if position > engine.journal.position:
            raise Refused("check.cutoff_in_future", "a cut-off lies in what is recorded", position=position)
    key, content = made(engine.journal, engine.abacus, cut, engine.checkpoint_at(cut.position))
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
        computed=beside,
    )


def _asked(request: web.Request) -> Engine:
    """The engine, for whoever has a live token."""
    engine = request.app[ENGINE]
    engine.access.actor(request)
    return engine
