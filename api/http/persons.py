"""`/v1/persons`: the vault's door. What is personal comes in and goes out here and nowhere else.

Every act is on disk in the record before the vault does it. So nobody has seen anything that the record does not
show, nothing is read from the vault that the record does not know, and what is cut short is finished at the next start.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import msgspec
from aiohttp import web
from msgspec import Meta
from msgspec.structs import replace

from api.body import read_json
from api.http.responses import json
from api.http.terms import idempotency_key
from api.problems import Problem
from api.reads.asked import parse_names
from api.server.engine import ENGINE, Engine
from api.server.people import VAULT, check_newest, check_not_behind, put_people, record_acts
from domain import history
from domain.acts.person import PersonErased, PersonRead, PersonRestated, PersonSetApart, PseudonymIssued
from domain.identity import identity_digests, identity_space
from domain.input_policy import characters
from domain.input_policy.authority import Actor, owning_hub
from domain.messages import reason, sentence
from domain.record import Fact, Refused
from domain.registry import entries, tag
from journal.store.duplicates import identity_reused
from journal.vault.vault import (
    DamagedPerson,
    Personal,
    Reference,
    new_key_id,
    new_pseudonym,
    normal_reference,
)
from projections.mirror.public_views import view
from projections.plain import json_rows

HOME = "KR"
"""Where the vault is: reading from another country is a transfer abroad (PIPA 28-8)."""

T = TypeVar("T", bound=msgspec.Struct)


class ResolveRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What a hub's own table calls people."""

    references: Annotated[list[Reference], Meta(max_length=10_000)]


async def list_persons(request: web.Request) -> web.Response:
    """Pseudonyms, what is held by field, holds and readings; nothing personal. A hub sees its own, an analyst none."""
    engine = request.app[ENGINE]
    actor = engine.access.actor(request)
    await engine.caught_up(engine.journal.position)
    own = {"hub": actor.hub} if actor.role == "hub" else {}

    def read() -> list[dict[str, Any]]:
        with engine.follower.reading() as reading:
            return json_rows(view(reading, "persons", own))

    return json({"persons": await asyncio.to_thread(read)})


async def add_person(request: web.Request) -> web.Response:
    """Takes a person in: 201 with a new pseudonym, or 200 with that of a reference the hub used before."""
    engine, actor = _who(request)
    personal, key = await _body(request, Personal), idempotency_key(request)
    async with engine.people:
        if key and (before := await asyncio.to_thread(_added_before, engine, actor, personal, key)):
            return json({"pseudonym": before})
        known = engine.vault.find(actor.hub, [personal.reference]) if personal.reference else {}
        if personal.reference:
            check_not_behind(engine, actor.hub, known, [personal.reference])
        for name in known.values():
            await _restate(engine, actor, name, personal)
            return json({"pseudonym": name})
        name = new_pseudonym()
        issued = PseudonymIssued(fields=personal.held, key_id=new_key_id())
        await put_people(engine, actor, actor.hub, {name: personal}, {name: issued}, key)
    return json({"pseudonym": name}, status=201, headers={"Location": f"/v1/persons/{name}"})


async def resolve_references(request: web.Request) -> web.Response:
    """The pseudonyms of people by a hub's own references, in order; new ones are added. Repeated: the same."""
    engine, actor = _who(request)
    if actor.role != "hub":
        raise Problem(403, "authority.role", "references", role=actor.role)
    asked = [normal_reference(it) for it in (await _body(request, ResolveRequest)).references]
    async with engine.people:
        known = await asyncio.to_thread(engine.vault.find, actor.hub, asked)
        check_not_behind(engine, actor.hub, known, asked)
        new = {new_pseudonym(): _valid(Personal, {"reference": it}) for it in dict.fromkeys(asked) if it not in known}
        if new:
            issued = {name: PseudonymIssued(fields=it.held, key_id=new_key_id()) for name, it in new.items()}
            await put_people(engine, actor, actor.hub, new, issued)
    known |= {str(personal.reference): name for name, personal in new.items()}
    return json({"pseudonyms": [known[it] for it in asked]})


async def show_person(request: web.Request) -> web.Response:
    """Fields of a person, for a reader who may see them and the purpose given; the reading is recorded first."""
    engine, actor = _who(request)
    name = request.match_info["person"]
    asked = parse_names(request.query.get("fields"), "fields")
    async with engine.people:
        await asyncio.to_thread(_hub_of, engine, name)
        check_newest(engine, name)
        held = engine.vault.fields(name)
        if unknown := sorted(set(asked) - set(Personal.__struct_fields__)):
            raise Problem(400, "query.invalid", "field", parameter="fields", unknown=unknown)
        if (country := await asyncio.to_thread(_abroad, engine, actor)) and not actor.cross_border:
            raise Problem(403, "authority.cross_border", country=country)
        fields = tuple(it for it in held if not asked or it in asked)
        act = {"fields": fields, "country": country}
        act |= {it: request.query[it] for it in ("purpose", "basis") if it in request.query}
        await record_acts(engine, actor, {name: _valid(PersonRead, act)})
        try:
            personal = await asyncio.to_thread(engine.vault.read, name)
        except KeyError:
            raise Problem(404, "person.nothing_held") from None
        except DamagedPerson:
            raise Problem(500, "vault.damaged", name=name) from None
    shown = {it: getattr(personal, it) for it in fields}
    return json({"pseudonym": name, "person": shown}, headers={"Cache-Control": "no-store"})


async def restate_person(request: web.Request) -> web.Response:
    """Replaces what is held of a person; the reference stays unless another is given."""
    engine, actor = _who(request)
    personal = await _body(request, Personal)
    name = request.match_info["person"]
    async with engine.people:
        await _restate(engine, actor, name, personal)
    return json({"pseudonym": name})


async def erase_person(request: web.Request) -> web.Response:
    """Destroys what is personal, for good. While a law wants it kept, stores it apart instead and says which law."""
    engine, actor = _who(request)
    name = request.match_info["person"]
    basis = dict(request.query)
    async with engine.people:
        await asyncio.to_thread(_hub_of, engine, name)
        act = _valid(PersonErased, basis | {"key_id": engine.vault.key_id(name)})
        try:
            (receipt,) = await record_acts(engine, actor, {name: act})
        except Refused as refusal:
            if refusal.code == "person.held":
                await record_acts(engine, actor, {name: _valid(PersonSetApart, basis)})
                await asyncio.to_thread(engine.vault.set_apart, [name])
            raise
        # The erasure is decided: killed between these two lines, the next start does the second.
        await asyncio.to_thread(engine.vault.destroy, [name])
    return json({"pseudonym": name, "position": receipt.position})


def person_act(fact: type[Fact]) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A handler that records one act about a person: what a POST says in its body, a DELETE in its query."""

    async def handler(request: web.Request) -> web.Response:
        engine, actor = _who(request)
        name = request.match_info["person"]
        act = await _body(request, fact) if request.method == "POST" else _valid(fact, dict(request.query))
        await asyncio.to_thread(_hub_of, engine, name)
        (receipt,) = await record_acts(engine, actor, {name: act}, idempotency_key(request))
        status = 200 if receipt.duplicate else 201
        return json({"pseudonym": name, "position": receipt.position}, status=status)

    return handler


async def _restate(engine: Engine, actor: Actor, name: str, personal: Personal) -> None:
    """Anybody but the person's hub gets the same answer to a right guess as to a wrong one; both are recorded."""
    hub = await asyncio.to_thread(_hub_of, engine, name)
    owning_hub(actor, "person", name, hub)
    own = actor.hub == hub and actor.role in ("hub", "secretariat")
    if personal.reference and not own:
        raise Problem(403, "person.reference_is_the_hubs", field="reference")
    with contextlib.suppress(KeyError):
        old = engine.vault.read(name)
        personal = replace(personal, reference=personal.reference or old.reference)
        if own and personal == old and name not in engine.vault.behind:
            return
    if personal.reference and engine.vault.find(hub, [personal.reference]).get(personal.reference, name) != name:
        raise Problem(409, "person.reference_taken", field="reference")
    restated = PersonRestated(fields=personal.held, key_id=new_key_id())
    await put_people(engine, actor, hub, {name: personal}, {name: restated})


def _added_before(engine: Engine, actor: Actor, personal: Personal, key: str) -> str | None:
    """The person added under a key, None where nobody was. Raises Refused where the key is that of something else."""
    digests = identity_digests(identity_space(actor.role, actor.hub, VAULT, tag(PseudonymIssued)), VAULT, key)
    known = engine.journal.entries.known(digests)
    if not known or (row := engine.journal.entry(next(iter(known.values())))) is None:
        return None
    name = row.entry.stream.partition(":")[2]
    with contextlib.suppress(KeyError):
        if isinstance(row.entry.fact, PseudonymIssued) and engine.vault.read(name) == personal:
            return name
    raise identity_reused()


def _who(request: web.Request) -> tuple[Engine, Actor]:
    engine = request.app[ENGINE]
    return engine, engine.access.actor(request)


async def _body(request: web.Request, type_: type[T]) -> T:
    """The body of a request, its texts as `domain.input_policy.characters` keeps them.

    Raises Problem or Refused with the name of the field that is wrong, never its value.
    """
    try:
        content = characters.normalized(msgspec.json.decode(await read_json(request), type=type_))
    except msgspec.ValidationError as error:
        raise Problem(400, "person.invalid").saying(characters.complaint(error, type_)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(400, "person.invalid").saying(sentence("json.body", because=reason(error))) from None
    characters.check_characters(content, "$")
    if isinstance(content, Personal) and not (content.orcid or "").isascii():
        raise Problem(400, "person.invalid", "orcid")
    return content


def _valid(type_: type[T], content: dict[str, Any]) -> T:
    try:
        return msgspec.convert(content, type_)
    except msgspec.ValidationError as error:
        raise Problem(400, "query.invalid").saying(characters.complaint(error, type_)) from None


def _hub_of(engine: Engine, name: str) -> str:
    """Whose person it is. Raises Problem for a pseudonym that the vault never issued."""
    stream = f"person:{name}"
    if (head := engine.journal.entries.heads([stream]).get(stream)) is None:
        raise Problem(404, "person.none")
    return entries.decode(head.first).hub


def _abroad(engine: Engine, actor: Actor) -> str | None:
    """The country a hub reads from, unless that is Korea. Every other role is taken to be in Korea."""
    if actor.role != "hub":
        return None
    stream = f"hub:{actor.hub}"
    designation = history.state(stream, engine.journal.stream(stream), now=engine.moment()).designation
    return designation.country if designation and designation.country != HOME else None
