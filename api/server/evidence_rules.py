"""Rules for entries on an evidence item that have an effect on its file, which is kept outside the record."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from api.server.engine import Engine
from domain.facts.evidence import EvidenceDeposited, EvidenceKept, EvidencePurged, keep_until
from domain.input_policy.authority import REDACTS
from domain.period import SEOUL
from domain.record import Recorded, Refused
from domain.registry import EntryCorrected, EntryVoided
from journal.evidence.holdings import holdings_of
from journal.store.journal import Journal, decoded_row
from journal.store.submission import PostedCorrection, Submission


async def check_evidence(engine: Engine, it: Submission) -> None:
    """Raises Refused for a purge that destroys what is still to be kept, for taking one back, and for a client that
    says itself that a file is kept. What was recorded already goes on to its first answer."""
    if isinstance(it.fact, EvidenceKept):
        raise Refused("authority.type", "kept", path="$.type")
    if it.stream.startswith("evidence:") and isinstance(it.fact, (EvidencePurged, EntryVoided, PostedCorrection)):
        await asyncio.to_thread(_check, engine.journal, it, engine.moment())


def _check(journal: Journal, it: Submission, now: datetime) -> None:
    if journal.entries.known(it.digests):
        return
    if isinstance(it.fact, EvidencePurged):
        _check_purge(journal, it, now)
    elif isinstance(it.fact, (EntryVoided, PostedCorrection)):
        _check_restatement(journal, it.stream, it.fact.entry)


def _check_purge(journal: Journal, it: Submission, now: datetime) -> None:
    """A file goes when its retention (보존기간) has ended, or when the office that answers for the record says so."""
    held = holdings_of(journal, it.stream).held
    if not held or (it.actor.role == "hub" and held[0].hub != it.actor.hub):
        return
    row = next(iter(journal.entries.at([max(file.position for file in held)])))
    kept_at = decoded_row(row).entry.occurred_at
    if it.occurred_at is not None and it.occurred_at < kept_at:
        raise Refused("evidence.purged_before_kept", path="$.time", kept_at=kept_at)
    last = keep_until(_deposits(journal.stream(it.stream)))
    if last is not None and now.astimezone(SEOUL).date() <= last and it.actor.role != REDACTS:
        raise Refused("evidence.retained", keep_until=last, may=REDACTS)


def _deposits(history: list[Recorded[Any]]) -> list[tuple[EvidenceDeposited, datetime]]:
    """Every deposit that an item ever stated, corrected and voided ones too: nobody shortens a retention by a word."""
    found = []
    for row in history:
        match row.entry.fact:
            case EvidenceDeposited() as it:
                found.append((it, row.entry.occurred_at))
            case EntryCorrected(data=EvidenceDeposited() as it, occurred_at=at):
                found.append((it, at))
    return found


def _check_restatement(journal: Journal, stream: str, position: int) -> None:
    original = journal.entry(position)
    if original is None or original.entry.stream != stream:
        return
    if isinstance(original.entry.fact, EvidenceKept):
        raise Refused("authority.type", "kept_stays", entry=position)
    if isinstance(original.entry.fact, EvidencePurged) and holdings_of(journal, stream).named:
        raise Refused("evidence.destroyed", entry=position)
