"""Answers recorded and answers now: what is kept of each, and what differs, by question and member."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import msgspec

LARGE, PART, FIRST, LONG = 1500, 600, 3, 200
"""An answer of more bytes is cut, and so is a part of it: the first items of a list stay, the beginning of a text."""

NOTHING = "(nothing)"


class Difference(NamedTuple):
    question: str
    member: str
    before: Any
    now: Any

    def __str__(self) -> str:
        return (
            f"{self.question}\n    {self.member}\n      before: {_short(self.before)}\n      now:    {_short(self.now)}"
        )


class Changed(NamedTuple):
    """A difference that is meant: its section, patterns of questions and members (as of `fnmatch`), and why."""

    section: str
    question: str
    reason: str
    member: str = "*"

    def covers(self, it: Difference) -> bool:
        return fnmatchcase(it.question, self.question) and fnmatchcase(it.member, self.member)


def cut(value: Any, most: int = LARGE) -> Any:
    """What is kept of an answer. Of what is left out the digest stands there, so nothing can differ unseen."""
    if len(msgspec.json.encode(value)) <= most:
        return value
    match value:
        case dict():
            return {name: cut(it, PART) for name, it in value.items()}
        case list() if len(value) > FIRST:
            rest = value[FIRST:]
            return [*(cut(it, PART) for it in value[:FIRST]), f"… {len(rest)} more, sha256 {_digest(rest)}"]
        case list():
            return [cut(it, PART) for it in value]
        case str():
            return f"{value[:LONG]}… sha256 {_digest(value)}"
        case _:
            return value


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """What differs, in the order of the questions. One that is not asked any more differs whole; what is new takes
    nothing from anybody."""
    return [
        Difference(question, *it)
        for question in sorted(before)
        for it in _members("$", before[question], now.get(question, NOTHING))
    ]


def unexplained(found: Sequence[Difference], changed: Sequence[Changed]) -> list[str]:
    """What nobody meant, and each entry of the list that nothing differs by any more."""
    told = [str(it) for it in found if not any(one.covers(it) for one in changed)]
    idle = [one for one in changed if not any(one.covers(it) for it in found)]
    return [*told, *(f"nothing differs as CHANGED says: {one.question} {one.member}: {one.reason}" for one in idle)]


def _members(path: str, before: Any, now: Any) -> Iterator[tuple[str, Any, Any]]:
    match before, now:
        case dict(), dict():
            for name in sorted({**before, **now}):
                yield from _members(f"{path}.{name}", before.get(name, NOTHING), now.get(name, NOTHING))
        case list(), list():
            for n in range(max(len(before), len(now))):
                yield from _members(f"{path}.{n}", *(it[n] if n < len(it) else NOTHING for it in (before, now)))
        case _ if type(before) is not type(now) or before != now:
            yield path, before, now


def _digest(value: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(value)).hexdigest()[:16]


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= 400 else f"{text[:400]}…"
