"""CloudEvents 1.0.2 in JSON, decoded once: the envelope into a submission, `data` into the fact its type names."""

from __future__ import annotations

import base64
import contextlib
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from api.problems import Problem
from domain.input_policy.authority import Actor
from domain.input_policy.characters import complaint_at
from domain.messages import Invalid, of_library, reason, sentence
from domain.nearest import LONGEST, nearest
from domain.phrase import any_of
from domain.record import Fact, Reason
from domain.registry import ACTS, TYPES
from domain.values import Text
from domain.vocabulary.zones import zones
from journal.store.submission import PostedCorrection, Submission

SINGLE_TYPE = "application/cloudevents+json"
BATCH_TYPE = "application/cloudevents-batch+json"
JSON_TYPE = "application/json"
MOST_IN_A_BATCH = 10_000
MOST_BYTES = 256 * 1024
"""The longest event as it is posted: four times what is stored of one, so that it may be escaped or in base64."""
MOST_BRACKETS = 10_000
"""How many brackets may open in an event: each is looked at where the end of an event of a batch is not plain."""
SLICE = 64 * 1024
"""How much of a batch is taken apart at once: a millisecond's work."""
MOST_OTHERS = 64
"""How many attributes that are not kept an event may have."""

Moment = Annotated[datetime, Meta(tz=True)]
"""RFC 3339. What is finer than a microsecond is cut off, never rounded up: it would be another day, or half-year."""
_FINER = re.compile(r"(\.[0-9]{6})[0-9]+")
_FINER_INSIDE = re.compile(rb'("valid_cutoff"\s*:\s*"[^"]{19}\.[0-9]{6})[0-9]+')
_NONE = msgspec.Raw(b"")


class CloudEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """The attributes that Sagwan keeps; what else an event has is reported as not kept.

    Extensions: `zone` (IANA name of the place), `evidence` (SHA-256 digests in hex, a space between),
    `imported` (true for history that was loaded).
    """

    specversion: Literal["1.0"]
    id: Annotated[str, Meta(min_length=1, max_length=256)]
    source: Annotated[str, Meta(min_length=1, max_length=512)]
    type: str
    subject: Annotated[str, Meta(max_length=200)] | None = None
    time: str | None = None
    data: msgspec.Raw = _NONE
    data_base64: str | None = None
    datacontenttype: str | None = None
    zone: str | None = None
    evidence: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}( [0-9a-f]{64}){0,31}\Z")] | None = None
    imported: bool = False


class Posted(Submission, kw_only=True, gc=False):
    """A submission that came as a CloudEvent, with the names of its attributes that the record does not keep."""

    not_kept: tuple[str, ...] = ()


class BinaryEvent(NamedTuple):
    """An event whose attributes came apart from its data, as in the headers of a request: each is a text."""

    attributes: dict[str, str]
    data: bytes
    datacontenttype: str | None


KEPT = CloudEvent.__struct_fields__
OTHERS = frozenset(
    """
    dataschema dataref traceparent tracestate partitionkey sequence sequencetype sampledrate authtype authid authclaims
    correlationid causationid expirytime recordedtime severitytext severitynumber
    """.split()
)
"""Attributes that CloudEvents and its documented extensions define: none is a slip of the pen for one of ours."""

_MISTYPED = frozenset(KEPT) - {"id"}
"""A name that is nearly one of these is a slip of the pen."""
_ATTRIBUTE = re.compile("[a-z0-9]+")
_SHOWN = re.compile("[A-Za-z0-9_.-]{1,40}")
_JSON = re.compile(r"\w+/([\w.-]+\+)?json(; ?charset=\"?utf-8\"?)?", re.IGNORECASE | re.ASCII)
_SPACES = b" \t\r\n"
_BETWEEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{},]|[^\[\]{},"]++', re.DOTALL)
"""What shows where an element ends, whatever its content: texts, brackets, commas, and what is between."""
_INSIDE = re.compile(rb'[\[\]{}]|(?:"(?:[^"\\]|\\.)*+"|[^\[\]{}"]++)++', re.DOTALL)
"""The same within brackets, where commas mean nothing."""
_ARRAY = "json.array"
_OPENING = re.compile(rb"[ \t\r\n]{0,64}\[")
_NEXT = re.compile(rb"\}[ \t\r\n]{0,8},[ \t\r\n]{0,8}\{")
"""Where one event may end and the next begin."""
_HALF_A_PAIR = re.compile(rb"\\u[dD][89a-fA-F]")


class _Restatement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A `PostedCorrection` with its time as it was written."""

    entry: int
    reason: Reason
    occurred_at: str | None = None
    data: msgspec.Raw
    note: Text | None = None


_event = msgspec.json.Decoder(CloudEvent)
_moments: msgspec.json.Decoder[datetime] = msgspec.json.Decoder(Moment)
_attributes = msgspec.json.Decoder(dict[str, msgspec.Raw])
_events = msgspec.json.Decoder(list[msgspec.Raw])
_facts: dict[str, msgspec.json.Decoder[Fact | _Restatement]] = {
    name: msgspec.json.Decoder(_Restatement if name == "entry.corrected" else fact) for name, fact in TYPES.items()
}


def batch_elements(body: bytes) -> Iterator[list[msgspec.Raw]]:
    """The events of a batch, undecoded, in slices that each take little time.

    Raises Problem when the body is no array, too long a one, or holds an element that is too long.
    """
    count, at = 0, 0
    while at < len(body):
        found, at = _slice(body, at)
        if (count := count + len(found)) > MOST_IN_A_BATCH:
            raise Problem(413, "batch.too_long", most=MOST_IN_A_BATCH)
        yield found
    if not body:
        raise _unreadable(Invalid("json.empty"), _ARRAY)


def _slice(body: bytes, at: int) -> tuple[list[msgspec.Raw], int]:
    """The elements that follow in the next bytes, and where to go on: behind the comma, or the end of the array."""
    first = at == 0
    if len(body) - at <= SLICE:
        rest = body[at:] if first else b"[" + body[at:]
        try:
            return _events.decode(rest), len(body)
        except msgspec.ValidationError as error:
            raise _unreadable(error, _ARRAY) from None
        except (ValueError, RecursionError) as error:
            # One element may be to blame: it is refused by itself.
            try:
                return split_array(rest), len(body)
            except ValueError:
                raise _unreadable(error, _ARRAY, rest) from None
    if first:
        opening = _OPENING.match(body)
        if opening is None:
            raise _unreadable(Invalid("json.no_bracket"), _ARRAY)
        at = opening.end()
    window = body[at : at + SLICE]
    for end in [it.start() + 1 for it in _NEXT.finditer(window)][-3:][::-1]:
        # What is whole up to here in an array of its own is whole: the brace is no part of an element.
        with contextlib.suppress(ValueError, RecursionError):
            found = _events.decode(b"[" + window[:end] + b"]")
            return found, at + window.index(b",", end) + 1
    try:
        element, at = _one(body, at)
    except ValueError as error:
        if len(body) - at > MOST_BYTES:
            raise Problem(413, "event.too_large", "in_batch", most=MOST_BYTES, byte=at) from None
        raise _unreadable(error, _ARRAY) from None
    return [element], at


def split_array(body: bytes) -> list[msgspec.Raw]:
    """The elements of an array, whatever its objects hold, as far as brackets and quotes show where each ends.

    Raises ValueError where they do not.
    """
    opening = _OPENING.match(body)
    if opening is None:
        raise Invalid("json.no_bracket")
    element, at = _one(body, opening.end())
    found = [element]
    while at < len(body):
        element, at = _one(body, at)
        found.append(element)
    return found


def _one(body: bytes, at: int) -> tuple[msgspec.Raw, int]:
    """The element that begins at a byte, and where to go on: behind the comma, or the end of the array.

    Raises ValueError where brackets and quotes do not show where it ends, Problem for too many brackets.
    """
    end, depth, opened, brackets = at, 0, 0, 0
    most = min(len(body), at + MOST_BYTES + 64)
    while mark := (_INSIDE if depth else _BETWEEN).match(body, end, most):
        if depth == 0 and mark[0] in (b",", b"]"):
            text, end = body[at:end].strip(_SPACES), mark.end()
            if opened != 1 or text[:1] != b"{" or text[-1:] != b"}":
                _whole(text)
            last = mark[0] == b"]"
            if (last and body[end:].strip(_SPACES)) or (not last and end == len(body)):
                break
            return msgspec.Raw(text), len(body) if last else end
        end = mark.end()
        if mark[0] in (b"[", b"{"):
            depth, brackets = depth + 1, brackets + 1
            opened += depth == 1
            if brackets > MOST_BRACKETS:
                raise Problem(413, "event.too_large", "brackets", most=MOST_BRACKETS, byte=at)
        elif mark[0] in (b"]", b"}"):
            depth -= 1
    raise Invalid("json.endless", at=at)


def _whole(element: bytes) -> None:
    """Raises ValueError unless this is one JSON value."""
    try:
        msgspec.json.decode(element, type=msgspec.Raw)
    except RecursionError:
        raise Invalid("json.deep") from None


def submission(event: bytes | msgspec.Raw | BinaryEvent, actor: Actor) -> Posted:
    """One event as what it asks of the record. Raises Problem with the JSON path of what is wrong."""
    posted = event.data if isinstance(event, BinaryEvent) else bytes(event)
    if len(posted) > MOST_BYTES:
        raise Problem(413, "event.too_large", "posted", most=MOST_BYTES, bytes=len(posted))
    it, not_kept = _put_together(event) if isinstance(event, BinaryEvent) else _read(posted)
    if (decoder := _facts.get(it.type)) is None:
        near = nearest(it.type, TYPES)
        which = "near" if near else "listed"
        raise Problem(422, "event.unknown_type", which, path="$.type", did_you_mean=near, near=any_of(near))
    if it.type.startswith("person."):
        raise Problem(422, "person.not_posted", path="$.type")
    data = _data(it)
    try:
        fact = decoder.decode(_FINER_INSIDE.sub(rb"\1", data) if it.type.startswith("check.") else data)
    except (ValueError, RecursionError) as error:
        raise _unreadable(error, "json.data", data, decoder.type, inside=".data", type=it.type) from None
    if it.subject is None:
        raise Problem(400, "event.invalid", "subject", path="$.subject")
    act = it.subject.partition(":")[0] in ACTS
    if it.time is None and not act and not it.type.startswith("entry."):
        raise Problem(400, "event.invalid", "time", path="$.time")
    occurred_at, zone = (None, "UTC") if it.time is None or act else _moment(it.time, "$.time")
    if it.zone is not None:
        if it.zone not in zones():
            near = nearest(it.zone, zones())
            such_as = near[0] if near else "Asia/Seoul"
            raise Problem(400, "event.invalid", "zone", path="$.zone", did_you_mean=near, such_as=such_as)
        zone = it.zone
    return Posted(
        actor=actor,
        stream=it.subject,
        fact=_restatement(fact) if isinstance(fact, _Restatement) else fact,
        occurred_at=occurred_at,
        zone=zone,
        source=it.source,
        id=it.id,
        evidence=tuple(it.evidence.split(" ")) if it.evidence else (),
        imported=it.imported,
        not_kept=not_kept,
    )


def _read(event: bytes) -> tuple[CloudEvent, tuple[str, ...]]:
    """The attributes that are kept, and the names of those that are not."""
    try:
        event.decode()  # also what nobody reads is UTF-8: a decoder passes over it
        return _event.decode(event), ()
    except msgspec.ValidationError as error:
        if not str(error).startswith("Object contains unknown field"):
            raise _unreadable(error, "json.event", of=CloudEvent) from None
    except (ValueError, RecursionError) as error:
        raise _unreadable(error, "json.event", event) from None
    try:
        given = _attributes.decode(event)
    except (ValueError, RecursionError) as error:
        raise _unreadable(error, "json.event", event) from None
    others = _others(given)
    try:
        return _event.decode(msgspec.json.encode({name: given[name] for name in given if name in KEPT})), others
    except msgspec.ValidationError as error:
        raise _unreadable(error, "json.event", of=CloudEvent) from None


def _put_together(event: BinaryEvent) -> tuple[CloudEvent, tuple[str, ...]]:
    """The same of an event whose attributes are texts."""
    others = _others(event.attributes)
    given: dict[str, Any] = {name: it for name, it in event.attributes.items() if name in KEPT}
    if inside := given.keys() & {"data", "data_base64", "datacontenttype"}:
        name = min(inside)
        raise Problem(400, "event.attribute", "header", path=f"$.{name}", name=name)
    if "imported" in given:
        given["imported"] = {"true": True, "false": False}.get(given["imported"].lower(), given["imported"])
    try:
        event.data.decode()
        it = msgspec.convert(given | {"datacontenttype": event.datacontenttype}, CloudEvent)
        return replace(it, data=msgspec.Raw(event.data)), others
    except UnicodeDecodeError as error:
        raise _unreadable(error, "json.data", inside=".data") from None
    except msgspec.ValidationError as error:
        raise _unreadable(error, "json.event", of=CloudEvent) from None


def _others(given: Iterable[str]) -> tuple[str, ...]:
    """The names that are none of those kept, in order. Raises Problem for what is no name of an attribute."""
    others = tuple(sorted(set(given) - set(KEPT)))
    if len(others) > MOST_OTHERS:
        raise Problem(400, "event.attribute", "most", path="$", most=MOST_OTHERS)
    for name in others:
        _check_attribute(name)
    return others


def _check_attribute(name: str) -> None:
    """Raises Problem for what is no name of an attribute (CloudEvents 1.0.2, 3.1), or nearly one of those kept."""
    plain = re.sub("[^a-z0-9]", "", name[:LONGEST].lower())
    near = [it for it in KEPT if it.replace("_", "") == plain]
    near = near or ([] if name in OTHERS else nearest(plain, _MISTYPED, 0.75))
    path = f"$.{name}" if _SHOWN.fullmatch(name) else "$"
    if near:
        raise Problem(400, "event.attribute", "near", path=path, did_you_mean=near[0])
    if not _ATTRIBUTE.fullmatch(name):
        raise Problem(400, "event.attribute", "name", path=path)


def _data(it: CloudEvent) -> bytes:
    """The JSON of the fact, from whichever member holds it. Raises Problem."""
    if it.datacontenttype is not None and not _JSON.fullmatch(it.datacontenttype):
        raise Problem(400, "event.invalid", "data_type", path="$.datacontenttype")
    if it.data_base64 is None:
        return bytes(it.data) or b"{}"
    if bytes(it.data):
        raise Problem(400, "event.invalid", "data_twice", path="$.data_base64")
    try:
        data = base64.b64decode(it.data_base64, validate=True)
        data.decode()
    except UnicodeDecodeError:
        raise Problem(400, "event.invalid", "base64_json", path="$.data_base64") from None
    except ValueError:
        raise Problem(400, "event.invalid", "base64", path="$.data_base64") from None
    return data


def _moment(text: str, path: str) -> tuple[datetime, str]:
    """The moment in UTC and the offset it was given in."""
    try:
        time = _moments.decode(msgspec.json.encode(_FINER.sub(r"\1", text, count=1) if "." in text else text))
        return time.astimezone(UTC), _offset(time.tzinfo)
    except msgspec.ValidationError as error:
        raise Problem(400, "event.invalid", "at", path=path, because=reason(error)) from None
    except OverflowError:
        raise Problem(400, "event.invalid", "years", path=path) from None


@lru_cache(200)
def _offset(zone: tzinfo | None) -> str:
    offset = f"{datetime(2000, 1, 1, tzinfo=zone):%z}"
    return "UTC" if offset == "+0000" else f"{offset[:3]}:{offset[3:5]}"


def _restatement(it: _Restatement) -> PostedCorrection:
    occurred_at = None if it.occurred_at is None else _moment(it.occurred_at, "$.data.occurred_at")[0]
    return PostedCorrection(entry=it.entry, reason=it.reason, occurred_at=occurred_at, data=it.data, note=it.note)


def _unreadable(
    error: Exception, what: str, text: bytes = b"", of: Any = None, inside: str = "", **facts: object
) -> Problem:
    """A decoder's complaint with the path from the top of the event, or the byte of what is no JSON."""
    if isinstance(error, msgspec.ValidationError):
        # The decoder repeats a word that it does not take, and anything may have been written there.
        because, path = complaint_at(error, of)
        path = f"${inside}{path.partition('$')[2].rstrip('`')}"
        return Problem(400, "event.invalid", "at", path=path, because=because, **facts)
    byte: int | None
    if isinstance(error, UnicodeDecodeError):
        why, byte = of_library(f"{error.reason} at byte {error.start}"), error.start
    elif isinstance(error, RecursionError):
        why, byte = sentence("json.deep"), None
    else:
        problem, where = reason(error), re.search(r"byte (\d+)", str(error))
        byte = int(where[1]) if where else None
        cut = _HALF_A_PAIR.search(text) and ("surrogate" in problem.en or "truncated" in problem.en)
        why = sentence("json.half_a_pair") if cut else problem
    return Problem(400, "body.not_json", what=sentence(what), because=why, byte=byte)
