"""The file of refused events next to an outbox: one a line, with the reason, ready to be mended and posted."""

from __future__ import annotations

import contextlib
import re
from codecs import BOM_UTF8
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

import msgspec

from journal.durable_files import replace_file

RefusalLine: TypeAlias = dict[str, msgspec.Raw]
REASON = "refused"
_REASON = re.compile(rb',"refused":"(?:[^"\\]|\\.)*"\}\Z')
"""At the end of an event that is no proper JSON."""


class RefusedFile:
    """What was refused and not recorded since. Each event is in it once, however often it was refused."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._waiting = {_identity(it) for it in _lines(path)}
        self._gone: set[bytes] = set()

    def acknowledged(self, events: Iterable[bytes]) -> None:
        """Takes note of what the record holds now."""
        if self._waiting:
            self._gone |= self._waiting & {_identity(it) for it in events}

    def write(self, refused: Iterable[tuple[bytes, str]]) -> bool:
        """Rewrites the file with these events and reasons; on disk when it returns. False where nothing is left."""
        # Read again: somebody may have mended it meanwhile.
        kept = {without_reason(it): it for it in _lines(self.path) if _identity(it) not in self._gone}
        for event, reason in refused:
            kept[without_reason(event)] = _with(reason, event)
        if not kept:
            for path in (self.path, self.path.with_name(self.path.name + ".new")):
                path.unlink(missing_ok=True)
            return False
        replace_file(self.path, b"".join(it + b"\n" for it in kept.values()))
        return True


def without_reason(event: bytes) -> bytes:
    """An event as it was before it was written to such a file."""
    if line := _line(event):
        return msgspec.json.encode({name: value for name, value in line.items() if name != REASON})
    return _REASON.sub(b"}", event)


def type_of(event: bytes) -> str:
    """The type that an event names, empty where none can be read."""
    with contextlib.suppress(ValueError):
        return msgspec.json.decode(_line(event).get("type", b'""'), type=str)
    return ""


def _with(reason: str, event: bytes) -> bytes:
    """An event and why it was refused, in one line."""
    encoded = msgspec.json.encode(reason)
    if line := _line(event):
        return msgspec.json.format(msgspec.json.encode(line | {REASON: msgspec.Raw(encoded)}), indent=-1)
    event = event.replace(b"\n", b" ").replace(b"\r", b" ")
    if event[:1] == b"{" and event[-1:] == b"}":  # no proper JSON, as where a text was cut inside an emoji
        return b'%b,"%b":%b}' % (event[:-1], REASON.encode(), encoded)
    return b'{"event":%b,"%b":%b}' % (event, REASON.encode(), encoded)


def _line(event: bytes) -> RefusalLine:
    """The members of an event; none of what is no object, as a line may be once somebody has edited it."""
    try:
        return msgspec.json.decode(event, type=RefusalLine)
    except (ValueError, RecursionError):
        return {}


def _identity(event: bytes) -> bytes:
    line = _line(event)
    return bytes(line["source"]) + b"\n" + bytes(line["id"]) if {"source", "id"} <= line.keys() else event


def _lines(path: Path) -> list[bytes]:
    content = path.read_bytes() if path.exists() else b""
    return [it for it in content.removeprefix(BOM_UTF8).splitlines() if it.strip()]
