"""What routes that are no reads answer in JSON, where that is no struct of its own."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict

from api.credentials import CredentialLine
from journal.supervision import Trouble
from journal.vault.vault import Personal


class Problem(TypedDict):
    """A refusal (RFC 9457): `code` is for programs, `detail` says what, where and how to mend it, `facts` what decided.
    Of an event in a batch there is no `instance`."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: NotRequired[str]
    facts: NotRequired[dict[str, Any]]


class EventRefused(TypedDict):
    problem: Problem
    status: Literal["refused"]


FileTaken = TypedDict(
    "FileTaken",
    {
        "sha256": str,
        "bytes": int,
        "media_type": str,
        "status": Literal["kept", "waiting"],
        "streams": NotRequired[list[str]],
        "position": NotRequired[int],
        "until": NotRequired[datetime],
        "for": NotRequired[str],
    },
)
"""A file that came in: kept for the items of its `streams`, or waiting `until` then `for` one."""


class WorkTold(TypedDict):
    """How far an answer is: `done` of `of`, of `what`; `problem` says why there is none."""

    id: str
    asked: str
    answer: str
    status: Literal["waiting", "running", "done", "failed"]
    what: NotRequired[str]
    done: NotRequired[int]
    of: NotRequired[int]
    problem: NotRequired[Problem]


class WorkAnswer(TypedDict):
    work: list[WorkTold]


class TokensAnswer(TypedDict):
    tokens: list[CredentialLine]


class Rebuilt(TypedDict):
    """Up to which position the new tables are."""

    position: int


class PersonLine(TypedDict):
    """A pseudonym, and what is held by field."""

    pseudonym: str
    hub: str
    status: str
    fields: list[str]
    holds: list[str]
    readings: int
    last_read_at: datetime | None
    issued_at: datetime | None
    erased_at: datetime | None
    basis: str | None


class PersonsAnswer(TypedDict):
    persons: list[PersonLine]


class PersonNamed(TypedDict):
    pseudonym: str


class PersonsNamed(TypedDict):
    """In the order of the references that were asked for."""

    pseudonyms: list[str]


class PersonShown(TypedDict):
    """The fields that were asked for and are held."""

    pseudonym: str
    person: Personal


class PersonAct(TypedDict):
    """At which position the act is."""

    pseudonym: str
    position: int


class Alive(TypedDict):
    status: Literal["alive"]


class Readiness(TypedDict):
    """`mirror` and `sealed` are up to where tables and seal are; `workers` says what keeps one from its work."""

    status: Literal["ready", "not ready"]
    position: int
    mirror: int
    sealed: int
    seal: NotRequired[str]
    clock: NotRequired[str]
    displaced: NotRequired[str]
    workers: NotRequired[dict[str, Trouble]]
    set_aside: NotRequired[list[int]]
