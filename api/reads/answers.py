"""What reads answer in JSON where that is no struct of its own: the types of which the contract is made.

`api/http/openapi` makes schemas of them, and every answer that a test gets is held against these
(`tests/contract/documented.py`). The first classes are markers for schemas that no struct describes.
"""

from __future__ import annotations

from datetime import date, datetime
from types import MappingProxyType
from typing import Any, NotRequired, TypedDict

from api import edition_formats, formats
from api.cloudevents import JSON_TYPE
from api.reads.read import ZIP, Media
from domain.acts.edition import EditionKey
from domain.record import Role
from projections.definition_files import Better, Definition
from projections.definitions import Indicator, Qualitative
from replay.editions.comparisons import Comparison
from replay.editions.editions import EditionContent, Withdrawn
from replay.editions.period_figures import Figure
from replay.editions.restatement import Restatement
from replay.report.content import Assessment


class PlainText:
    """Text, as its media type says."""


class Bytes:
    """Bytes, as its media type says."""


class JsonSchema:
    """A JSON Schema (2020-12)."""


class ViewRows:
    """The rows of a view, and as of what they are."""


class Figures:
    """The figures of an indicator, and as of what they are."""


class Contributions:
    """The entries behind an indicator, and as of what they are."""


class FlatRow:
    """A row of a table by its columns."""


class EntryPart:
    """An entry as it is stored, or those of its members that were asked for."""


class StreamState:
    """The state of a stream; each kind has its own fields."""


class EventLine(TypedDict):
    """An entry at its position, None where it was damaged. `space` is where its `source` and `id` are unique."""

    position: int
    space: str | None
    entry: EntryPart | None


class EventsPage(TypedDict):
    """A page of the record; `next` is where the next begins, `withheld` how many entries the caller may not see."""

    events: list[EventLine]
    next: int | None
    withheld: NotRequired[int]


class RecordedEvent(TypedDict):
    """An entry as the CloudEvent that it was posted as, with what the record adds as extensions."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: str
    zone: str
    evidence: NotRequired[str]
    imported: NotRequired[bool]
    position: int
    streamversion: int
    recordedat: datetime
    hub: str
    actor: str
    role: Role
    data: dict[str, Any]


TypeLine = TypedDict(
    "TypeLine",
    {"type": str, "title_ko": str, "title_en": str, "is": str, "says": str, "says_ko": str, "schema": str},
)
"""An event type; `schema` is where the JSON Schema of its `data` is."""


class TypesAnswer(TypedDict):
    types: list[TypeLine]


class HistoryLine(TypedDict):
    """An entry of a stream and the fact that holds of it; `not_yet` where it takes effect later."""

    position: int
    entry: EntryPart
    holds: dict[str, Any] | None
    not_yet: NotRequired[bool]


class IrregularityLine(TypedDict):
    code: str
    position: int
    hub: str
    occurred_at: datetime
    stream: str


class StreamAnswer(TypedDict):
    """A stream: its state, its history, and the rules that it breaks."""

    stream: str
    kind: str
    hub: str
    version: int
    state: StreamState
    history: list[HistoryLine]
    irregularities: list[IrregularityLine]
    withheld: NotRequired[int]


class ViewsAnswer(TypedDict):
    views: list[str]


class IndicatorsAnswer(TypedDict):
    """Every definition in its newest version."""

    indicators: list[Indicator]
    qualitative: list[Qualitative]


class CheckLine(TypedDict):
    """A half-year check in a list of them; `position` is its cut-off."""

    period: str
    status: str
    due_on: date | None
    hubs: int | None
    valid_cutoff: datetime | None
    position: int | None
    edition: int | None


class ChecksAnswer(TypedDict):
    checks: list[CheckLine]


class CheckFigures(TypedDict):
    """The figures of a check as of its cut-off, with the digest of each hub's; None where it is not told."""

    period: str
    valid_cutoff: datetime
    position: int
    hubs: dict[str, str | None]
    figures: list[Figure]
    unproven: list[str]


class HubCheckFigures(TypedDict):
    """Those of one hub; the digest is what it hands in."""

    digest: str | None
    period: str
    hub: str
    valid_cutoff: datetime
    position: int
    figures: list[Figure]


class EditionListed(TypedDict):
    """An edition in a list of them."""

    edition: str
    provisional: bool
    superseded_by: str | None
    withdrawn: Withdrawn | None
    restates: str | None
    valid_cutoff: datetime
    position: int
    published_at: datetime
    published_by: str
    key_digest: str
    digest: str


class EditionsAnswer(TypedDict):
    editions: list[EditionListed]


class IndicatorShown(TypedDict):
    """What an edition tells about an indicator."""

    code: str
    version: int
    ko: str
    en: str
    unit: str
    unit_ko: str
    better: Better
    definition: dict[str, Definition]
    aggregate: str


class CarriedOver(TypedDict):
    """A finding of an earlier check that is still open."""

    finding: str
    hub: str
    period: str
    severity: str | None
    status: str
    action: str | None
    owner: str | None
    due_on: date | None
    overdue: bool | None


class EditionDocument(EditionListed):
    """An edition. Its digest is of the canonical JSON of `content`, nothing else."""

    key: EditionKey
    indicators: list[IndicatorShown]
    qualitative: list[Qualitative]
    legend: NotRequired[dict[str, Any]]
    redacted: NotRequired[bool]
    content: EditionContent
    assessments: list[Assessment]
    comparisons: list[Comparison]
    restatement: Restatement | None
    carried_over: list[CarriedOver]


class InclusionProof(TypedDict):
    """That the tree of `size` has the entry (RFC 6962 2.1.1); hashes are in base64."""

    position: int
    index: int
    size: int
    entry: str
    leaf: str
    proof: list[str]
    checkpoint: str


ConsistencyProof = TypedDict(
    "ConsistencyProof",
    {"from": int, "to": int, "from_root": str, "to_root": str, "proof": list[str], "checkpoint": str},
)
"""That the tree of `to` begins with that of `from` (RFC 6962 2.1.2)."""

EDITION_FORMS: Media = MappingProxyType(
    dict.fromkeys(edition_formats.FORMATS.values(), Bytes)
    | {JSON_TYPE: EditionDocument, edition_formats.FORMATS["html"]: PlainText, ZIP: Bytes}
)
"""An edition in each of its forms."""


def table_media(type_: type) -> Media:
    """A table in each of its formats, in JSON of this type."""
    rows = {"csv": PlainText, "ndjson": FlatRow, "json": type_}
    return {media: rows.get(name, Bytes) for name, media in formats.MEDIA_TYPES.items()}
