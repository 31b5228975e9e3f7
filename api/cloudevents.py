"""CloudEvents 1.0.2 in JSON, decoded once: the envelope into a submission, `data` into the fact its type names."""

from __future__ import annotations

import difflib
import re
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Annotated, Literal
from zoneinfo import available_timezones

import msgspec
from msgspec import Meta

from api.problems import Problem
from domain.authority import Actor
from domain.record import Fact
from domain.streams import HOUSE, TYPES
from journal.admission import Restatement, Submission

SINGLE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
MOST_IN_A_BATCH = 10_000

Moment = Annotated[datetime, Meta(tz=True)]


class CloudEvent(msgspec.Struct, frozen=True, gc=False):
    """The attributes Sagwan reads; other extensions are let pass and not kept.

    Extensions: `zone` (IANA name of the place), `evidence` (SHA-256 digests in hex, a space between),
    `imported` (true for history that was loaded).
    """

    specversion: Literal["1.0"]
    id: Annotated[str, Meta(min_length=1, max_length=256)]
    source: Annotated[str, Meta(min_length=1, max_length=512)]
    type: str
    subject: Annotated[str, Meta(max_length=200)] | None = None
    time: Moment | None = None
    data: msgspec.Raw = msgspec.Raw(b"{}")
    datacontenttype: str | None = None
    zone: str | None = None
    evidence: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}( [0-9a-f]{64}){0,31}$")] | None = None
    imported: bool = False


_event = msgspec.json.Decoder(CloudEvent)
_events = msgspec.json.Decoder(list[msgspec.Raw])
_facts: dict[str, msgspec.json.Decoder[Fact | Restatement]] = {
    name: msgspec.json.Decoder(Restatement if name == "entry.corrected" else fact) for name, fact in TYPES.items()
}
_zones = lru_cache(1)(available_timezones)


def elements(body: bytes) -> list[msgspec.Raw]:
    """The events of a batch, undecoded. Raises Problem when the body is no array or too long a one."""
    try:
        batch = _events.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _unreadable(error, "a batch is a JSON array of CloudEvents") from None
    if len(batch) > MOST_IN_A_BATCH:
        raise Problem(413, "batch.too_long", f"a batch holds at most {MOST_IN_A_BATCH} events", events=len(batch))
    return batch


def submission(event: bytes | msgspec.Raw, actor: Actor) -> Submission:
    """One event as what it asks of the record. Raises Problem with the JSON path of what is wrong."""
    try:
        it = _event.decode(event)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _unreadable(error, "an event is a JSON object") from None
    if (decoder := _facts.get(it.type)) is None:
        near = difflib.get_close_matches(it.type, TYPES, 3)
        mean = f"did you mean {' or '.join(near)}?" if near else "/v1/types lists them"
        raise Problem(422, "event.unknown_type", f"type is no type of event; {mean}", path="$.type", did_you_mean=near)
    if it.type.startswith("person."):
        raise Problem(422, "person.not_posted", "people are kept through /v1/persons, not posted", path="$.type")
    if it.datacontenttype not in (None, "application/json"):
        raise Problem(400, "event.invalid", "data is application/json", path="$.datacontenttype")
    try:
        fact = decoder.decode(it.data)
    except msgspec.DecodeError as error:
        raise _unreadable(error, "data is a JSON object", inside=".data", type=it.type) from None
    if it.subject is None:
        raise Problem(400, "event.invalid", "subject names the stream, such as case:AM-2026-000123", path="$.subject")
    house = it.subject.partition(":")[0] in HOUSE
    if it.time is None and not house and not it.type.startswith("entry."):
        raise Problem(400, "event.invalid", "time says when it happened, with its offset from UTC", path="$.time")
    occurred_at, zone = (None, "UTC") if it.time is None or house else _moment(it.time)
    if it.zone is not None:
        if it.zone not in _zones():
            raise Problem(400, "event.invalid", "zone is an IANA time zone such as Asia/Seoul", path="$.zone")
        zone = it.zone
    return Submission(
        actor=actor,
        stream=it.subject,
        fact=_in_utc(fact),
        occurred_at=occurred_at,
        zone=zone,
        source=it.source,
        id=it.id,
        evidence=tuple(it.evidence.split(" ")) if it.evidence else (),
        imported=it.imported,
    )


def _moment(time: datetime) -> tuple[datetime, str]:
    """The moment in UTC and the offset it was given in."""
    try:
        return time.astimezone(UTC), _offset(time.tzinfo)
    except OverflowError:
        raise Problem(400, "event.invalid", "time is outside the years 1 to 9999 in UTC", path="$.time") from None


@lru_cache(200)
def _offset(zone: tzinfo | None) -> str:
    offset = f"{datetime(2000, 1, 1, tzinfo=zone):%z}"
    return "UTC" if offset == "+0000" else f"{offset[:3]}:{offset[3:5]}"


def _in_utc(fact: Fact | Restatement) -> Fact | Restatement:
    if isinstance(fact, Restatement) and fact.occurred_at is not None:
        if fact.occurred_at.tzinfo is None:
            raise Problem(400, "event.invalid", "occurred_at has an offset from UTC", path="$.data.occurred_at")
        return msgspec.structs.replace(fact, occurred_at=_moment(fact.occurred_at)[0])
    return fact


def _unreadable(error: Exception, what: str, inside: str = "", **facts: object) -> Problem:
    """A decoder's complaint with the path from the top of the event."""
    if isinstance(error, msgspec.ValidationError):
        message, _, path = str(error).partition(" - at `$")
        # The decoder repeats a word that it does not take, and anything may have been written there.
        message = re.sub(
            r"^Invalid (enum )?value .*", "this is none of the words that stand here", message, flags=re.DOTALL
        )
        path = f"${inside}{path.rstrip('`')}"
        return Problem(400, "event.invalid", f"{message} - at `{path}`", path=path, **facts)
    where = re.search(r"byte (\d+)", str(error))
    return Problem(
        400, "body.not_json", f"{what}; this is not JSON in UTF-8: {error}", byte=int(where[1]) if where else None
    )
