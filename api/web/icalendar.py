"""A calendar file (RFC 5545) of moments: what a calendar on a desk or a telephone opens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

LONGEST = 75
"""Octets of a line (RFC 5545 3.1); a longer one goes on in the next, behind a space."""


class Moment(NamedTuple):
    """Something at a moment, in UTC. Under its `uid` a calendar finds it again."""

    uid: str
    at: datetime
    summary: str
    description: str


def calendar(name: str, moments: Iterable[Moment]) -> str:
    """The text of the file."""
    return "".join(f"{_folded(line)}\r\n" for line in _lines(name, moments))


def _lines(name: str, moments: Iterable[Moment]) -> Iterator[str]:
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Sagwan//Sagwan//KO", f"X-WR-CALNAME:{_text(name)}")
    for it in moments:
        at = f"{it.at:%Y%m%dT%H%M%SZ}"
        yield from ("BEGIN:VEVENT", f"UID:{_text(it.uid)}@sagwan", f"DTSTAMP:{at}", f"DTSTART:{at}")
        yield from (f"SUMMARY:{_text(it.summary)}", f"DESCRIPTION:{_text(it.description)}", "TRANSP:TRANSPARENT")
        yield "END:VEVENT"
    yield "END:VCALENDAR"


def _text(value: str) -> str:
    """A value with what would end it written otherwise (RFC 5545 3.3.11)."""
    for mark in ("\\", ";", ","):
        value = value.replace(mark, f"\\{mark}")
    return value.replace("\r", "").replace("\n", "\\n")


def _folded(line: str) -> str:
    parts, part, size = list[str](), "", 0
    for letter in line:
        octets = len(letter.encode())
        if size + octets > LONGEST:
            parts.append(part)
            part, size = " ", 1
        part, size = part + letter, size + octets
    return "\r\n".join([*parts, part])
