"""Submissions as hubs and the secretariat make them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import msgspec

from domain.facts.helpdesk import CaseOpened
from domain.facts.hub import HubDesignated
from domain.input_policy.authority import Actor
from journal.store.submission import PostedCorrection, Submission

SECRETARIAT = Actor("c-sec", "secretariat")
EU = Actor("c-eu", "hub", "EU")
AS = Actor("c-as", "hub", "AS")
OPERATOR = Actor("c-op", "operator")
THEN = datetime(2025, 3, 3, 9, tzinfo=UTC)


def designate(hub: str) -> Submission:
    fact = HubDesignated(
        name_ko="거점센터",
        name_en=hub,
        ministry="MSIT",
        region="EUROPE",
        city="Brussels",
        country="BE",
        tz="Europe/Brussels",
        designated_on=date(2024, 12, 6),
        decision_ref="2024-12",
    )
    return post(f"hub:{hub}", fact, by=SECRETARIAT, id=f"designate-{hub}")


def post(
    stream: str, fact: Any, *, by: Actor = EU, id: str, at: datetime | None = THEN, source: str = ""
) -> Submission:
    return Submission(actor=by, stream=stream, fact=fact, occurred_at=at, source=source or f"hub/{by.hub}", id=id)


def opened(stream: str, id: str, topic: str = "visa", by: Actor = EU) -> Submission:
    return post(stream, CaseOpened(topic=topic), by=by, id=id)


def correct(stream: str, position: int, id: str, **data: Any) -> Submission:
    restatement = PostedCorrection(entry=position, reason="CLERICAL", data=msgspec.Raw(msgspec.json.encode(data)))
    return post(stream, restatement, id=id)
