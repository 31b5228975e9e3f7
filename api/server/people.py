"""People of the vault and of the record, kept in step: every act is on disk in the record before the vault does it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence

from api.problems import Problem, without_envelope
from api.server.engine import Engine
from domain.acts.person import PersonRestated, PseudonymIssued
from domain.input_policy.authority import Actor
from domain.record import Fact, Refused
from journal.store.submission import Receipt, Submission
from journal.vault.vault import Personal, PersonState

VAULT = "sagwan/vault"
"""The source of acts about people."""


async def put_people(
    engine: Engine,
    actor: Actor,
    hub: str,
    people: Mapping[str, Personal],
    acts: Mapping[str, PseudonymIssued | PersonRestated],
    key: str | None = None,
) -> None:
    """Stages people, records the acts, and puts them: what is cut short in between is ended at the next start.

    Where the acts are recorded and the vault then fails, nobody is shown what it held before.
    """
    keys = {name: str(it.key_id) for name, it in acts.items()}
    await asyncio.to_thread(engine.vault.stage, hub, people, keys)
    try:
        receipts = await record_acts(engine, actor, acts, key)
    except Refused:
        await asyncio.to_thread(engine.vault.drop, [*people])
        raise
    try:
        await asyncio.to_thread(engine.vault.put, [*people])
    except Exception:
        engine.vault.behind |= {
            name: PersonState(it.position, hub, keys[name]) for name, it in zip(people, receipts, strict=True)
        }
        raise


async def record_acts(engine: Engine, actor: Actor, acts: Mapping[str, Fact], key: str | None = None) -> list[Receipt]:
    """Where the acts are, by pseudonym and in order, once they are on disk. Raises Refused for the first that is.

    One act has the id `key` where the client named one.
    """
    outcomes = await engine.record(
        [
            Submission(actor=actor, stream=f"person:{name}", fact=fact, source=VAULT, id=key or secrets.token_hex(12))
            for name, fact in acts.items()
        ]
    )
    for outcome in outcomes:
        if isinstance(outcome, Refused):
            raise without_envelope(outcome)
    return [outcome for outcome in outcomes if isinstance(outcome, Receipt)]


def check_newest(engine: Engine, name: str) -> None:
    """Raises Problem for a person of whom the vault holds an older state than the record names."""
    if it := engine.vault.behind.get(name):
        raise Problem(503, "vault.behind", "person", position=it.position, name=name)


def check_not_behind(engine: Engine, hub: str, known: Mapping[str, str], asked: Sequence[str]) -> None:
    """Raises Problem where an older vault cannot resolve a reference: that of a person on whom it is behind, and an
    unknown one while it is behind on any person of the hub, who may have it by now."""
    for it in asked:
        if it in known:
            check_newest(engine, known[it])
    lacking = sorted(name for name, it in engine.vault.behind.items() if it.hub == hub)
    if lacking and any(it not in known for it in asked):
        raise Problem(503, "vault.behind", "hub", persons=lacking[:20], count=len(lacking), hub=hub)
