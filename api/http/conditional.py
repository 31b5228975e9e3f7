"""Conditional reads (RFC 9110 13): whether what a client holds is still what it would be answered.

The tag of an answer is over all that it is made of: the request, its format and language, its actor, the position of
the record and of the tables, redactions, and the clock where the answer goes by it. It is keyed, so nobody makes one
for an answer that he was never given, and a restarted server, perhaps with other definitions, knows none of the earlier
tags. It is weak: the same answer may be packed in several ways, and the clock counts by the minute.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from aiohttp import web

from api.problems import Problem
from api.reads.asked import ReadRequest
from api.reads.read import Read
from api.reads.tables import FIGURE_VIEWS
from api.server.engine import Engine
from domain import visibility
from replay.as_of import Points

REVALIDATE = "private, no-cache"
"""The client may keep it, and revalidates it each time."""

TAG = re.compile(r'\s*(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*(?:,|$)')
"""An entity tag of a list (RFC 9110 8.8.3)."""

ANY = frozenset({"*"})


class AnswerState(NamedTuple):
    """What an answer is made of: `basis` is all but the `position`, which is None where it is in the basis as well.

    `settled` says that an answer made now would be of that position.
    """

    key: bytes
    basis: bytes
    position: int | None
    settled: bool

    def digest(self, position: int | None = None) -> str:
        """The tag of the answer, or of one that turned out to be of an earlier position."""
        at = self.position if self.position is None or position is None else min(self.position, position)
        return hashlib.blake2b(self.basis + b"%d" % (at or 0), key=self.key, digest_size=16).hexdigest()


def answer_state(engine: Engine, read: Read, asked: ReadRequest, request: web.Request) -> AnswerState | None:
    """What an answer would be made of now; None where it is of no position, or the request is wrong.

    Everything is looked at before the answer is made, so that its tag is never of more than it says. May wait.
    """
    if not read.of:
        return None
    at = Points(None, None)
    if "known" in read.takes.split():
        try:
            at = asked.times(engine)
        except Problem as problem:
            if problem.status >= 500:
                raise
            return None
        except Exception:  # the answer reports what is wrong
            return None
    mirror, tables = engine.follower.current, engine.follower.position
    figures = read.of == "figures" or asked.path.get("view") in FIGURE_VIEWS
    live, whole = at.known is None, visibility.reads_all(asked.actor)
    clock = engine.moment().replace(second=0, microsecond=0) if read.clocked and live and at.valid is None else None
    basis = msgspec.json.encode(
        [
            *(read.path, request.host, asked.format, asked.actor, sorted(request.query.items()), dict(asked.path)),
            *(request.headers.get("Accept-Language"), clock, at.known, at.valid),
            mirror and str(mirror.path),
            *(engine.set_aside(at.known), engine.sealer.alarm is None),
            # What is withheld from somebody follows everything recorded, also of a point of the past; so do rates.
            tables if read.of == "record" or "fx" in asked.names or not whole else None,
            engine.journal.position if read.of == "record" and live else None,
            engine.redactions.upto(tables) if not live else None,
        ]
    )
    settled = not (figures and live) or at.valid is not None or engine.settler.position >= tables
    return AnswerState(engine.tag_key, basis, tables if live and read.of != "record" else None, settled)


def wanted_tags(request: web.Request) -> frozenset[str]:
    """What `If-None-Match` names, without the mark of weak ones; `*` for any. Raises Problem for anything else."""
    listed = ",".join(request.headers.getall("If-None-Match", [])).strip()
    if listed == "*":
        return ANY
    found, at = set[str](), 0
    while at < len(listed):
        if (it := TAG.match(listed, at)) is None:
            raise Problem(400, "http.if_none_match")
        found.add(it[1])
        at = it.end()
    return frozenset(found)


def named(wanted: frozenset[str], digest: str) -> str | None:
    """The tag that is of this answer. Before a hyphen is what a stream or an edition is known by."""
    return next((it for it in wanted if it.rpartition("-")[2] == digest), None)


def not_modified(tag: str) -> web.Response:
    return web.Response(status=304, headers={"ETag": f'W/"{tag}"', "Cache-Control": REVALIDATE})


def tag_headers(headers: Mapping[str, str], state: AnswerState | None, position: int | None = None) -> dict[str, str]:
    """The headers of an answer with its tag, unless it is of no position or may not be kept."""
    if state is None or "Cache-Control" in headers:
        return {**headers}
    digest = state.digest(position)
    own = headers.get("ETag", "").strip('"')
    return {**headers, "ETag": f'W/"{own}-{digest}"' if own else f'W/"{digest}"', "Cache-Control": REVALIDATE}
