"""The kinds of stream, the facts each takes, and those that any stream takes: a stream of the world
corrections and voids, every stream redactions.

A stream is named `kind:key` (`case:AM-2026-000123`), a fact type `kind.what` (`case.opened`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Protocol, TypeAlias, get_args

import msgspec
from msgspec import Meta

from domain.acts import (
    calendar,
    check,
    check_events,
    clock,
    credential,
    finding,
    fx,
    indicator,
    person,
    review,
    seal,
    session,
    sla,
)
from domain.facts import centre, evidence, exchange, expansion, helpdesk, hub, partner, project, strategy_map
from domain.record import Entry, Fact, OtherStreams, Reason, Refused
from domain.values import Code, Digest, Text

FactOfTheWorld: TypeAlias = (
    hub.HubFact
    | centre.CentreFact
    | partner.PartnerFact
    | strategy_map.MapFact
    | project.ProjectFact
    | exchange.ExchangeFact
    | expansion.ExpansionFact
    | helpdesk.CaseFact
    | evidence.EvidenceFact
)
Act: TypeAlias = (
    check_events.CheckFact
    | review.ReviewFact
    | finding.FindingFact
    | session.SessionFact
    | indicator.IndicatorFact
    | calendar.CalendarFact
    | sla.SlaFact
    | fx.FxFact
    | person.PersonFact
    | credential.CredentialFact
    | seal.SealFact
    | clock.ClockFact
)


class EntryCorrected(Fact, frozen=True, tag="entry.corrected"):
    """The entry at position `entry` says something else (정정): `data` restates all of it, in the same type.

    `occurred_at` is when it happened, as now known. `entry` is an original, never a correction, a void or a redaction.
    """

    entry: int
    reason: Reason
    occurred_at: datetime
    data: FactOfTheWorld
    note: Text | None = None


class EntryVoided(Fact, frozen=True, tag="entry.voided"):
    """The entry at position `entry` should not have been made (취소). A later correction reinstates it."""

    entry: int
    reason: Reason
    note: Text | None = None


class EntryRedacted(Fact, frozen=True, tag="entry.redacted"):
    """Content of the entry at position `entry` is destroyed by law (파기): the named fields, on that ground.

    Inside a correction a field is `data.purpose`. The record fills in `remains`, the SHA-256 of the JSON that stays,
    so that what was left is as provable as what was there; and in `editions` the same of what is kept of editions, by
    the digest of each, where they told a slice by a word that goes. An act, of any kind of stream: it is not undone.
    """

    entry: int
    fields: Annotated[tuple[Code, ...], Meta(min_length=1, max_length=32)]
    basis: Text
    reason: Text | None = None
    remains: Digest | None = None
    editions: dict[Digest, Digest] = msgspec.field(default_factory=dict)


AnyFact: TypeAlias = FactOfTheWorld | Act | EntryCorrected | EntryVoided | EntryRedacted


class Kind(Protocol):
    """What a module of one kind of stream offers; one of acts also offers `judge`."""

    initial: Any

    def evolve(self, state: Any, entry: Entry[Any], /) -> Any: ...


FACTS: dict[str, Kind] = {
    "hub": hub,
    "centre": centre,
    "partner": partner,
    "map": strategy_map,
    "project": project,
    "exchange": exchange,
    "expansion": expansion,
    "case": helpdesk,
    "evidence": evidence,
}
ACTS: dict[str, Kind] = {
    "check": check,
    "review": review,
    "finding": finding,
    "session": session,
    "indicator": indicator,
    "calendar": calendar,
    "sla": sla,
    "fx": fx,
    "person": person,
    "credential": credential,
    "seal": seal,
    "clock": clock,
}
CROSS_STREAM_CHECKS: dict[str, Callable[[Any, Entry[Any], OtherStreams], None]] = {
    "check": check.cross_stream_check,
    "review": review.cross_stream_check,
    "finding": finding.cross_stream_check,
    "session": session.cross_stream_check,
    "credential": credential.cross_stream_check,
    "seal": seal.cross_stream_check,
}
"""The checks of an act against other streams of acts, for the kinds that have one."""
KINDS = FACTS | ACTS
WITHDRAWN: dict[str, tuple[str, tuple[str, ...]]] = {
    "calendar.published": ("calendar.withdrawn", ("version",)),
    "calendar.closure_declared": ("calendar.withdrawn", ("version",)),
    "calendar.hours_declared": ("calendar.withdrawn", ("version",)),
    "sla.published": ("sla.withdrawn", ("version",)),
    "fx.published": ("fx.withdrawn", ("version",)),
    "indicator.target_set": ("indicator.target_withdrawn", ("period", "hub")),
    **dict.fromkeys(
        (
            "check.opened",
            "check.cutoff_fixed",
            "check.verification_started",
            "check.verification_completed",
            "check.tabled",
            "check.opinion_received",
            "check.closed",
        ),
        ("check.withdrawn", ()),
    ),
}
"""Acts that a later act of their stream withdraws (철회): of which type, and which fields name them; or all."""

TYPES: dict[str, type[Fact]] = {str(fact.__struct_config__.tag): fact for fact in get_args(AnyFact)}
"""Every fact type by its tag."""

STREAM = re.compile(r"([a-z_]+):([A-Za-z0-9][A-Za-z0-9._~-]{0,127})")
_PREFIXES = {name: name.partition(".")[0] for name in TYPES}
_TAGS = {fact: name for name, fact in TYPES.items()}

entries = msgspec.json.Decoder(Entry[AnyFact])
"""Reads the stored JSON of any entry."""


def tag(fact: Fact | type[Fact]) -> str:
    return _TAGS[fact if isinstance(fact, type) else type(fact)]


def kind_of(stream: str) -> str:
    """The kind of a stream name. Raises Refused unless it reads like `case:AM-2026-000123`."""
    if not (found := STREAM.fullmatch(stream)):
        raise Refused("stream.malformed", "subject", path="$.subject")
    if (kind := found[1]) not in KINDS:
        raise Refused("stream.unknown_kind", path="$.subject", kinds=sorted(KINDS))
    return kind


def check_type_fits(stream: str, type_: str) -> str:
    """The kind of the stream. Raises Refused unless facts of this type go on it."""
    kind = kind_of(stream)
    prefix = _PREFIXES[type_]
    if prefix != kind and not (prefix == "entry" and (kind in FACTS or type_ == tag(EntryRedacted))):
        raise Refused("stream.wrong_kind", stream=stream, type=type_, kind=kind)
    return kind


def judge(kind: str, state: Any, entry: Entry[Any], others: OtherStreams) -> None:
    """Raises Refused when the rules of acts do not allow this act. Facts of the world are not judged."""
    if isinstance(entry.fact, EntryRedacted):
        return
    if kind in ACTS:
        ACTS[kind].judge(state, entry)  # type: ignore[attr-defined]
    if kind in CROSS_STREAM_CHECKS:
        CROSS_STREAM_CHECKS[kind](state, entry, others)
