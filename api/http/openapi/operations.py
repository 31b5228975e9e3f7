"""What each route that is no read answers, and which body it takes: types of which schemas are made.

Its name and its words are in `operations.toml`, its parameters in its declaration and in `parameters.toml`; reads have
all of it where they are declared (`api/reads/catalogue.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from api import cloudevents, formats
from api.cloudevents import JSON_TYPE
from api.http.dry_run import KnownCounts
from api.http.editions import PublishRequest
from api.http.openapi import answers as http
from api.http.openapi.markers import ContractDocument, Event, EventData, PostedBatch, UploadLine
from api.http.persons import ResolveRequest
from api.http.posted import EventAnswer
from api.http.tokens import IssuedToken, RotationRequest, TokenRequest
from api.http.uploads import UploadEnd
from api.media_types import MEDIA_TYPES
from api.reads.answers import Bytes, EditionDocument, PlainText
from api.reads.read import ZIP, Media
from domain.acts.person import ConsentRecorded, HoldPlaced
from journal.vault.vault import Personal
from replay.audit.diff import Diff
from replay.editions.late_register import LateRegister

NDJSON = formats.MEDIA_TYPES["ndjson"]
TEXT = "text/plain"


class Operation(NamedTuple):
    """`answers` by status; `body` is what is posted, `optional` where nothing may be; `headers` are of a success."""

    answers: Mapping[int, Media]
    headers: str = ""
    body: Media = MappingProxyType({})
    optional: bool = False


def answered(type_: Any, headers: str = "", **more: Any) -> Operation:
    """JSON of this type, and nothing else."""
    return Operation({200: {JSON_TYPE: type_}}, headers, **more)


PERSON_ACT = Operation({200: {JSON_TYPE: http.PersonAct}, 201: {JSON_TYPE: http.PersonAct}})

OPERATIONS: dict[str, Operation] = {
    "POST /v1/events": Operation(
        {
            200: {JSON_TYPE: (EventAnswer, PostedBatch), NDJSON: (UploadLine, UploadEnd)},
            201: {JSON_TYPE: (EventAnswer, PostedBatch)},
            207: {JSON_TYPE: PostedBatch},
            422: {JSON_TYPE: PostedBatch},
        },
        "Sagwan-Position Location Preference-Applied Sagwan-Not-Kept RateLimit RateLimit-Policy",
        {
            cloudevents.SINGLE_TYPE: Event,
            cloudevents.BATCH_TYPE: list[Event],
            JSON_TYPE: (Event, list[Event], EventData),
            NDJSON: Event,
        },
    ),
    "POST /v1/events/known": answered(KnownCounts, body={cloudevents.BATCH_TYPE: list[Event], JSON_TYPE: list[Event]}),
    "GET /v1/events/live": Operation({200: {"text/event-stream": PlainText}}),
    "POST /v1/editions/{period}": Operation(
        {200: {JSON_TYPE: EditionDocument}, 201: {JSON_TYPE: EditionDocument}},
        "Sagwan-Position Location",
        {JSON_TYPE: PublishRequest},
        optional=True,
    ),
    "PUT /v1/evidence/{sha256}": Operation(
        {status: {JSON_TYPE: http.FileTaken} for status in (200, 201, 202)},
        "Sagwan-Position Location",
        dict.fromkeys(MEDIA_TYPES, Bytes),
    ),
    "GET /v1/evidence/{sha256}": Operation(
        {200: dict.fromkeys(MEDIA_TYPES, Bytes)}, "Sagwan-Position Content-Disposition Repr-Digest Cache-Control"
    ),
    "POST /v1/mirror/rebuild": answered(http.Rebuilt),
    "GET /v1/work": answered(http.WorkAnswer),
    "GET /v1/work/{id}": answered(http.WorkTold, "Retry-After"),
    "DELETE /v1/work/{id}": Operation({204: {}}),
    "GET /v1/work/{id}/answer": Operation({200: {JSON_TYPE: (Diff, LateRegister, http.Rebuilt), ZIP: Bytes}}),
    "GET /v1/tokens": answered(http.TokensAnswer),
    "POST /v1/tokens": Operation({201: {JSON_TYPE: IssuedToken}}, body={JSON_TYPE: TokenRequest}),
    "POST /v1/tokens/{id}/rotation": Operation(
        {201: {JSON_TYPE: IssuedToken}}, body={JSON_TYPE: RotationRequest}, optional=True
    ),
    "DELETE /v1/tokens/{id}": Operation({204: {}}),
    "GET /v1/persons": answered(http.PersonsAnswer),
    "POST /v1/persons": Operation(
        {200: {JSON_TYPE: http.PersonNamed}, 201: {JSON_TYPE: http.PersonNamed}}, "Location", {JSON_TYPE: Personal}
    ),
    "POST /v1/persons/resolve": answered(http.PersonsNamed, body={JSON_TYPE: ResolveRequest}),
    "GET /v1/persons/{person}": answered(http.PersonShown),
    "POST /v1/persons/{person}": answered(http.PersonNamed, body={JSON_TYPE: Personal}),
    "DELETE /v1/persons/{person}": answered(http.PersonAct),
    "POST /v1/persons/{person}/consents": PERSON_ACT._replace(body={JSON_TYPE: ConsentRecorded}),
    "DELETE /v1/persons/{person}/consents": PERSON_ACT,
    "POST /v1/persons/{person}/holds": PERSON_ACT._replace(body={JSON_TYPE: HoldPlaced}),
    "DELETE /v1/persons/{person}/holds": PERSON_ACT,
    "GET /livez": answered(http.Alive),
    "GET /readyz": Operation({200: {JSON_TYPE: http.Readiness}, 503: {JSON_TYPE: http.Readiness}}),
    "GET /metrics": Operation({200: {TEXT: PlainText, "application/openmetrics-text": PlainText}}),
    "GET /openapi.json": answered(ContractDocument, "ETag Cache-Control"),
}
"""By method and path."""
