"""How a read is declared, and the kinds of answer that there are."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeAlias

from api.cloudevents import JSON_TYPE
from api.reads.asked import ReadRequest
from api.reads.authorization import require_reads_all
from api.source import Source
from projections.mirror.visibility import VisibleTable
from replay.pack.archive import Sink
from replay.progress import Progress

NO_VALUES: Mapping[str, str] = MappingProxyType({})

ZIP = "application/zip"
Media: TypeAlias = Mapping[str, Any]
"""Types by media type. Several in a tuple are alternatives."""


class TableAnswer(NamedTuple):
    """Rows as of a position; `about` comes with them in JSON, `set_aside` are the entries they lack.

    `more` is what the next page is asked for with.
    """

    seen: VisibleTable
    position: int
    about: Mapping[str, Any] = NO_VALUES
    set_aside: Sequence[int] = ()
    more: Mapping[str, str] = NO_VALUES


class Document(NamedTuple):
    """A value for JSON. `more` is what the next page is asked for with."""

    value: Any
    headers: Mapping[str, str] = NO_VALUES
    more: Mapping[str, str | int] = NO_VALUES


class File(NamedTuple):
    body: bytes
    type: str
    headers: Mapping[str, str] = NO_VALUES
    compress: bool = False
    more: Mapping[str, str | int] = NO_VALUES


class Download(NamedTuple):
    """A file under a name, as of a position, that is sent while it is made."""

    name: str
    position: int
    make: Callable[[Sink, Progress], object]


class AdhocQuery(NamedTuple):
    """Somebody's own SQL; the event is set when nobody waits for the answer any more."""

    ask: Callable[[threading.Event], Document]


Answer: TypeAlias = TableAnswer | Document | File | Download | AdhocQuery


class Read(NamedTuple):
    """What is read under a `path` of the server, and how it is answered from any source.

    `id` is how clients of the contract call it, and for ever; `ko` and `en` say what it reads; `content` is the type of
    the answer as JSON (several in a tuple are alternatives), or types by media type. `takes` are the names of its
    parameters, a star for what may be given several times. `formats` are those in which it is answered, by name with
    their media types, the first where none is asked for; None where the answer has its own. `refused` are the codes of
    problems that are its own (`code@404` of a code that others answer with another status), `headers` those of its
    answers.

    Any live token may ask, and `answer` decides what it may see; what is `public` needs no token. `reads_all` is set on
    what only those may ask who read everything, and names the sentence (`authority.reads_all`) that refuses others.
    A `long` read waits for its turn among other long ones; a `download` is a file that is sent while it is made. One of
    a point of the `past` waits among others of the past, unless all its tables are built.
    `of` is what an answer is made from, so that it is known without making it whether it is still the same: the
    `record` as it is, its `tables`, or those of `figures`; empty where it is of no position. One of now that goes by
    the clock is `clocked`.
    """

    id: str
    path: str
    answer: Callable[[Source, ReadRequest], Answer]
    ko: str
    en: str
    content: Media | Any
    takes: str = ""
    formats: Mapping[str, str] | None = None
    refused: str = ""
    headers: str = ""
    public: bool = False
    reads_all: str = ""
    long: bool = False
    download: bool = False
    past: bool = False
    of: Literal["", "record", "tables", "figures"] = ""
    clocked: bool = False

    @property
    def media(self) -> Media:
        """The types of the answer by media type."""
        return self.content if isinstance(self.content, Mapping) else {JSON_TYPE: self.content}

    def made(self, source: Source, asked: ReadRequest) -> Answer:
        """The answer for the actor. Raises Problem 403 where the read is not for him."""
        if self.reads_all:
            require_reads_all(asked.actor, self.reads_all)
        return self.answer(source, asked)
