"""Markers for schemas that no struct describes, of what is posted and what becomes of it."""

from __future__ import annotations


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
