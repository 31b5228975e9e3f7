"""Types that stand for schemas which no struct says: of events, views and indicators, and of plain contents."""

from __future__ import annotations


class PlainText:
    """Text, as its media type says."""


class Bytes:
    """Bytes, as its media type says."""


class JsonSchema:
    """A JSON Schema (2020-12)."""


class ContractDocument:
    """An OpenAPI document."""


class Event:
    """A CloudEvent of one of the types."""


class EventData:
    """The `data` of an event whose attributes are in headers."""


class UploadLine:
    """What became of a line of an upload."""


class PostedBatch:
    """What became of a batch."""


class ViewRows:
    """The rows of a view, and as of what they are."""


class Figures:
    """The figures of an indicator, and as of what they are."""


class Contributions:
    """The entries behind an indicator, and as of what they are."""


class FlatRow:
    """A row of a table by its columns."""
