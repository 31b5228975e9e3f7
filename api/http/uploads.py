"""Uploads of any length: events a line each, answered line by line as they are on disk.

Lines are read and asked while the part before is recorded, and answers are sent while more is read. Neither waits for a
client that reads nothing before all of it is sent: answers that he does not take wait in a temporary file. The last
line sums up; an answer without it was cut off, and the lines that it lacks are posted again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import tempfile
from codecs import BOM_UTF8
from collections.abc import AsyncIterator
from typing import Any, BinaryIO, Literal, cast

import msgspec
from aiohttp import web

from api.accepting import language_of
from api.body import READ_SECONDS, Pace, read_pieces, unpacker
from api.cloudevents import MOST_BYTES, Posted
from api.digest_fields import FIELDS
from api.formats import encode_json
from api.http.content_modes import LINES_TYPE
from api.http.posted import PART_BYTES, Account, ask, numbered, refusal
from api.http.terms import MINIMAL
from api.problems import Problem, as_problem, in_language, problem_body
from api.server.engine import ENGINE, Engine
from api.server.quotas import MOST_UPLOADS, Quota
from domain.input_policy.authority import Actor
from journal.store.writer import Overloaded

log = logging.getLogger("sagwan.api")

UPLOAD_BYTES = 2 * 1024 * 1024
"""What one upload has in memory: two parts, and answers."""
ANSWER_BYTES = 512 * 1024
"""Answers that wait in memory; more wait in a file."""
CHUNK = 64 * 1024
SPARE_BYTES = 1024 * 1024 * 1024
"""How much of the disk stays free: beyond it an upload waits until its answers are read."""
STALLED_SECONDS = 60.0
"""A client that has sent all and takes no answer by then is dropped."""
BUSY_SECONDS = 0.2
LOOKED_SECONDS = 15.0
"""How often the token of an upload that sends nothing is checked."""


class UploadEnd(msgspec.Struct, omit_defaults=True):
    """The last line of an answer: `complete`, or `stopped` by a problem behind the last line that was answered.

    `lines` counts up to there, those that are empty too; `not_kept` says of how many events the record does not keep
    which attributes.
    """

    status: Literal["complete", "stopped"]
    lines: int
    recorded: int
    duplicates: int
    refused: int
    position: int | None = None
    not_kept: dict[str, int] = {}
    problem: dict[str, Any] | None = None


async def post_lines(request: web.Request, actor: Actor, quota: Quota, *, minimal: bool) -> web.StreamResponse:
    """Answers each line with its number, in order; where little is to be answered those refused alone."""
    unpacker(request)  # an unknown coding is refused before anything is answered
    for field in FIELDS:
        if field in request.headers:
            raise Problem(400, "http.digest_field", "lines", field=field)
    engine = request.app[ENGINE]
    if quota.uploads >= MOST_UPLOADS:
        raise quota.limited(5, "quota.uploads", most=MOST_UPLOADS)
    with engine.quotas.hold(quota) as held, contextlib.closing(_Answers(request)) as answers:
        held.grow(UPLOAD_BYTES)
        quota.uploads += 1
        try:
            await answers.begin(minimal)
            upload = _Upload(engine, request, actor, quota, answers, minimal)
            sending = asyncio.create_task(answers.send())
            try:
                end = await upload.run(sending)
                await answers.put(encode_json(end) + b"\n")
                answers.end()
                if end.problem:
                    await _pass_over_the_rest(request)
                await sending
            except Exception as error:
                # The head of the answer is out: its reader sees that it was cut off.
                if not isinstance(error, ConnectionError):
                    log.exception("an upload broke off")
                if request.transport:
                    request.transport.abort()
            finally:
                sending.cancel()
        finally:
            quota.uploads -= 1
    return answers.response


async def _pass_over_the_rest(request: web.Request) -> None:
    """Lets a client that is still sending come to the end, where it reads why the upload stopped."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(STALLED_SECONDS):
            while await request.content.readany():
                pass


class _Upload:
    """One upload: lines that were asked and wait to be recorded, and what became of those before."""

    def __init__(
        self, engine: Engine, request: web.Request, actor: Actor, quota: Quota, answers: _Answers, minimal: bool
    ) -> None:
        self._engine, self._request, self._actor = engine, request, actor
        self._quota, self._answers, self._minimal = quota, answers, minimal
        self._language = language_of(request)
        self._account = Account(self._language)
        self._waiting: list[tuple[int, Posted | msgspec.Raw]] = []
        self._bytes = self._answered = self._read = 0
        self._more, self._room = asyncio.Event(), asyncio.Event()

    async def run(self, sending: asyncio.Task[None]) -> UploadEnd:
        """Records until all is, or something stops it: what was answered then is recorded, what comes after is not."""
        reading = asyncio.create_task(self._lines())
        for it in (reading, sending):
            it.add_done_callback(lambda _: self._more.set())
        problem: Problem | None = None
        try:
            while self._waiting or not reading.done():
                self._more.clear()
                if self._waiting:
                    await self._record()
                elif not reading.done():
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(LOOKED_SECONDS):
                            await self._more.wait()
                    self._engine.access.actor(self._request)
                if sending.done():
                    await sending
            await reading
            self._answered = self._read
        except ConnectionError:
            raise
        except Exception as error:
            problem = as_problem(error)
        finally:
            reading.cancel()
            await asyncio.wait({reading})
        account = self._account
        return UploadEnd(
            "stopped" if problem else "complete",
            self._answered,
            *(account.recorded, account.duplicates, account.refused, account.position or None, account.not_kept),
            problem_body(problem, self._language) if problem else None,
        )

    async def _lines(self) -> None:
        """Reads and asks, as far as there is room."""
        pace = Pace()
        async for number, line in self._numbered():
            if isinstance(line, Problem):
                it: Posted | msgspec.Raw = refusal(line, self._language)
            else:
                asked = await ask(self._engine, line, self._actor)
                it = refusal(asked, self._language) if isinstance(asked, Exception) else asked
            self._waiting.append((number, it))
            self._bytes += MOST_BYTES if isinstance(line, Problem) else len(line) + 64
            self._more.set()
            while self._bytes >= PART_BYTES:
                self._room.clear()
                await self._room.wait()
            await pace.rest()

    async def _numbered(self) -> AsyncIterator[tuple[int, bytes | Problem]]:
        """Lines that are not empty with their numbers; one that is too long is a Problem and was passed over."""
        rest, long = bytearray(), False
        async for piece in read_pieces(self._request):
            self._quota.take(len(piece))
            *lines, last = piece.split(b"\n")
            for line in lines:
                rest += line
                self._read += 1
                if long or len(rest) > MOST_BYTES:
                    yield self._read, _too_long()
                elif whole := self._stripped(rest):
                    yield self._read, whole
                rest, long = bytearray(), False
            if not long:
                rest += last
                if len(rest) > MOST_BYTES:
                    rest, long = bytearray(), True
            if seconds := self._quota.wait_seconds():
                await asyncio.sleep(seconds)
        if long or rest:
            self._read += 1
            if long:
                yield self._read, _too_long()
            elif whole := self._stripped(rest):
                yield self._read, whole

    def _stripped(self, line: bytearray) -> bytes:
        return bytes(line.removeprefix(BOM_UTF8) if self._read == 1 else line).strip(b" \t\r")

    async def _record(self) -> None:
        """Records what waits, and answers it. Raises Problem where the token of the upload is no longer valid."""
        self._engine.access.actor(self._request)
        part, self._waiting, self._bytes = self._waiting, [], 0
        self._room.set()
        submissions = [it for _, it in part if isinstance(it, Posted)]
        outcomes = await self._taken(submissions) if submissions else []
        lines, pace = list[bytes](), Pace()
        answers = self._account.answers((it for _, it in part), iter(outcomes))
        for (number, _), (answer, refused) in zip(part, answers, strict=True):
            if refused or not self._minimal:
                lines.append(numbered("line", number, answer) + b"\n")
            await pace.rest()
        self._answered = part[-1][0]
        await self._answers.put(b"".join(lines))

    async def _taken(self, submissions: list[Posted]) -> list[Any]:
        """The outcomes, once the writer has room: an upload waits for it."""
        while True:
            try:
                return await self._engine.record(submissions)
            except Overloaded:
                await asyncio.sleep(BUSY_SECONDS)


class _Answers:
    """Lines on their way to a client: in memory while he takes them, in a file while he does not."""

    def __init__(self, request: web.Request) -> None:
        self._request = request
        headers = {"Content-Type": LINES_TYPE, "Cache-Control": "no-store"}
        self.response = web.StreamResponse(headers=headers | in_language(language_of(request)))
        self._memory = bytearray()
        self._file: BinaryIO | None = None
        self._from = self._to = 0
        self._more, self._less = asyncio.Event(), asyncio.Event()
        self._ended = self._gone = False

    async def begin(self, minimal: bool) -> None:
        if minimal:
            self.response.headers.update(MINIMAL)
        await self.response.prepare(self._request)

    async def put(self, lines: bytes) -> None:
        """Waits only while the disk is nearly full. Raises ConnectionError where the client is gone."""
        while not self._gone:
            self._less.clear()
            fits = not self._memory or len(self._memory) + len(lines) <= ANSWER_BYTES
            if self._from == self._to and fits:
                self._memory += lines
                break
            if await asyncio.to_thread(self._append, lines):
                break
            try:
                async with asyncio.timeout(READ_SECONDS):
                    await self._less.wait()
            except TimeoutError:
                raise ConnectionResetError("nobody reads the answers") from None
        else:
            raise ConnectionResetError("nobody reads the answers")
        self._more.set()

    def end(self) -> None:
        """No more come."""
        self._ended = True
        self._more.set()

    async def send(self) -> None:
        """Sends until the end. Raises ConnectionError where the client is gone, or takes nothing any more."""
        try:
            while True:
                self._more.clear()
                if self._memory:
                    chunk, self._memory = bytes(self._memory[:CHUNK]), self._memory[CHUNK:]
                elif self._from < self._to:
                    chunk = await asyncio.to_thread(self._next)
                elif self._ended:
                    break
                else:
                    await self._more.wait()
                    continue
                await self._write(chunk)
                self._less.set()
            await self.response.write_eof()
        finally:
            self._gone = True
            self._less.set()

    async def _write(self, chunk: bytes) -> None:
        writing = asyncio.ensure_future(self.response.write(chunk))
        while not writing.done():
            # A client that is still sending may read later; one that has sent all is waited for so long.
            done, _ = await asyncio.wait({writing}, timeout=STALLED_SECONDS)
            if not done and self._ended:
                writing.cancel()
                raise ConnectionResetError("nothing is read")
        await writing

    def close(self) -> None:
        if self._file:
            self._file.close()

    def _append(self, lines: bytes) -> bool:
        """Whether there was room for it."""
        try:
            if shutil.disk_usage(tempfile.gettempdir()).free < SPARE_BYTES + len(lines):
                return False
            if self._file is None:
                self._file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115  closed with the answers
            if self._from == self._to:
                self._to = self._from = 0
                self._file.truncate(0)
            self._file.seek(self._to)
            self._file.write(lines)
            self._file.flush()
        except OSError as error:
            log.error("answers of an upload could not be put aside: %s", error)
            return False
        self._to += len(lines)
        return True

    def _next(self) -> bytes:
        assert self._file
        length = min(CHUNK, self._to - self._from)
        chunk = os.pread(self._file.fileno(), length, self._from)
        self._from += length
        return chunk


def _too_long() -> Problem:
    return Problem(413, "event.too_large", "posted", most=MOST_BYTES)
