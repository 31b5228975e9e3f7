"""Who signed in by an issuer: a pseudonym in the record, name and e-mail in the vault."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from api import credentials
from api.problems import Problem
from api.server.engine import Engine
from api.server.grants import Grants
from api.server.people import check_newest, check_not_behind, put_people
from domain.acts.person import PersonRestated, PseudonymIssued
from domain.input_policy import characters
from domain.input_policy.authority import Actor
from journal.vault.vault import Personal, new_key_id, new_pseudonym

NO_HUB = ""
"""Whose people they are: of no hub, as those of the secretariat."""

KEEPER = Actor(credentials.SYSTEM.id, "secretariat", persons="all")
"""Sagwan itself, as it keeps the vault for the secretariat, who decides about people."""

HANGUL = re.compile("[가-힣]")


async def person_acting(engine: Engine, grants: Grants, claims: Mapping[str, Any]) -> Actor:
    """The person whom an issuer identifies, with his rights. Raises Problem 403 where he has none, 503."""
    if grants.actor(claims, "") is None:
        raise Problem(403, "oidc.no_grant")
    pseudonym = await _pseudonym(engine, grants.issuer, claims)
    actor = grants.actor(claims, pseudonym)
    assert actor
    return actor


async def _pseudonym(engine: Engine, issuer: str, claims: Mapping[str, Any]) -> str:
    """The pseudonym of an issuer and a subject, the same whenever he comes; his name and e-mail go to the vault."""
    whole = msgspec.json.encode([issuer, claims["sub"]])
    reference = f"oidc {hashlib.sha256(whole).hexdigest()}"
    personal = _personal(claims, reference)
    async with engine.people:
        known = await asyncio.to_thread(engine.vault.find, NO_HUB, [reference])
        check_not_behind(engine, NO_HUB, known, [reference])
        if (name := known.get(reference)) is None:
            name = new_pseudonym()
            issued = PseudonymIssued(fields=personal.held, key_id=new_key_id())
            await put_people(engine, KEEPER, NO_HUB, {name: personal}, {name: issued})
            return name
        check_newest(engine, name)
        with contextlib.suppress(KeyError):
            old = await asyncio.to_thread(engine.vault.read, name)
            merged = replace(
                old, **{field: value for field in personal.held if (value := getattr(personal, field)) is not None}
            )
            if merged != old:
                restated = PersonRestated(fields=merged.held, key_id=new_key_id())
                await put_people(engine, KEEPER, NO_HUB, {name: merged}, {name: restated})
        return name


def _personal(claims: Mapping[str, Any], reference: str) -> Personal:
    """What the vault keeps of claims: name and e-mail, where they read."""
    found = {"reference": reference}
    if isinstance(name := claims.get("name"), str) and name.strip():
        found["name_ko" if HANGUL.search(name) else "name_en"] = name.strip()[:400]
    if isinstance(email := claims.get("email"), str) and claims.get("email_verified") is not False:
        found["email"] = email
    for lacking in (set[str](), {"email"}, {"email", "name_ko", "name_en"}):
        try:
            it = characters.normalized(
                msgspec.convert({field: text for field, text in found.items() if field not in lacking}, Personal)
            )
            characters.check_characters(it, "$")
        except Exception:  # noqa: S112 - a name or an address that the vault does not take is not kept
            continue
        return it
    raise AssertionError("a reference reads")
