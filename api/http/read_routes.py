"""Every read as a route: its actor, its format, and its answer as HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import re
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import msgspec
from aiohttp import web

from api import formats
from api.accepting import PACKABLE, language_of
from api.http.conditional import ANY, AnswerState, answer_state, named, not_modified, tag_headers, wanted_tags
from api.http.downloads import send_download
from api.http.negotiation import negotiate_format
from api.http.work import answered_by, wait_preferred
from api.problems import Problem, in_language
from api.reads import authorization
from api.reads.asked import ReadRequest, parse_language
from api.reads.read import AdhocQuery, Document, Download, File, Read, TableAnswer
from api.reads.tables import WIDE_VIEWS
from api.server.engine import ENGINE
from api.server.front import origin_of
from api.server.works import MadeAnswer, Work
from projections.mirror.asker import Asker, NotBuilt, ready_only

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

CHUNK = 256 * 1024

PAST = {"known", "valid", "fx", "cursor"}
"""The parameters that name a point of the past."""

WAITS = {"known", "valid", "after", "cursor"}
"""Those for which something is looked up, or waited for."""

SHAPES = {
    "number": "[0-9]{1,4}",
    "position": "[0-9]{1,18}",
    "level": r"\d{1,2}|entries",
    "path": r"[x\d/p.]+",
    "digest": "[0-9a-f]{64}",
}
"""What a part of a path may be, where not any text."""


def route(read: Read) -> web.RouteDef:
    path = re.sub(r"\{(\w+)\}", lambda it: f"{{{it[1]}:{SHAPES[it[1]]}}}" if it[1] in SHAPES else it[0], read.path)
    return web.get(path, _handler(read))


def _handler(read: Read) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = await answer_to(request)
        if read.formats and not response.prepared:
            response.headers["Vary"] = ", ".join(filter(None, ("Accept", response.headers.get("Vary"))))
        return response

    async def answer_to(request: web.Request) -> web.StreamResponse:
        engine = request.app[ENGINE]
        if not read.public:
            engine.access.actor(request)
        format_ = negotiate_format(request, read.formats) if read.formats else "json"
        asked = ReadRequest(
            lambda: engine.access.actor(request),
            request.match_info,
            request.query.items(),
            format_,
            lambda: origin_of(request),
        )
        if "raw" in asked.names and asked.switch("raw") and format_ not in formats.SPREADSHEETS:
            raise Problem(400, "query.invalid", "of_formats", parameter="raw", formats=formats.SPREADSHEETS)
        if read.formats and "lang" in asked.names and _language(request, asked) and format_ != "xlsx":
            raise Problem(400, "query.invalid", "of_formats", parameter="lang", formats=["xlsx"])

        def state() -> AnswerState | None:
            return answer_state(engine, read, asked, request)

        def answered() -> tuple[web.Response | Download | AdhocQuery, AnswerState | None]:
            of = looked or state()
            answer = read.made(engine, asked)
            if isinstance(answer, (Download, AdhocQuery)):
                return answer, of
            return _response(request, answer, asked, of), of

        async def made(make: Callable[[], T]) -> T:
            if read.long:
                return await engine.long_reads.run(asked.actor.means, lambda _: make(), request)
            if read.past and asked.names & PAST:
                with contextlib.suppress(NotBuilt):
                    return await asyncio.to_thread(ready_only, make)
                return await engine.past_reads.run(asked.actor.means, lambda _: make(), request)
            if asked.path.get("view") in WIDE_VIEWS:
                # A request that waits for an entry takes no turn meanwhile.
                await asyncio.to_thread(engine.wait_for_figures, asked.whole_number("after", 0))
                return await engine.wide_reads.run(asked.actor.means, lambda _: make(), request)
            if format_ == "xlsx":  # a long one takes seconds of the processor for each ten thousand rows
                await asyncio.to_thread(engine.wait_for_tables, asked.whole_number("after", 0))
                return await engine.wide_reads.run(asked.actor.means, lambda _: make(), request)
            return await asyncio.to_thread(make)

        wanted, looked = wanted_tags(request) if read.of else frozenset[str](), None
        if wanted and wanted != ANY:
            looked = await asyncio.to_thread(state) if asked.names & WAITS else state()
            if looked and looked.settled and (tag := named(wanted, looked.digest())):
                return not_modified(tag)
        wait = wait_preferred(request) if read.long else None
        if read.long and not (read.download and wait is None):
            work = _work(request, read, asked, to_be_fetched=wait is not None)
            return await answered_by(request, work, wait)
        match await made(answered):
            case AdhocQuery(ask), of:
                query = engine.adhoc_queries.run(asked.actor.means, ask, request, one_at_a_time=True)
                response = _response(request, await query, asked, of)
            case Download() as download, of:
                headers = tag_headers(_download_headers(download), of)
                return await send_download(request, download, headers, engine.long_reads, asked.actor.means)
            case web.Response() as response, _:
                pass
        tag = response.headers.get("ETag", "").removeprefix("W/").strip('"')
        return not_modified(tag) if tag and (wanted == ANY or tag in wanted) else response

    return handler


def _work(request: web.Request, read: Read, asked: ReadRequest, *, to_be_fetched: bool) -> Work:
    """The long answer to a question. Raises Problem 503 where too many wait."""
    engine = request.app[ENGINE]

    def make(asker: Asker) -> MadeAnswer:
        of = answer_state(engine, read, asked, request)
        answer = read.made(engine, asked)
        if isinstance(answer, Download):
            file = tempfile.TemporaryFile()  # noqa: SIM115 - it goes with the answer
            answer.make(file, asker.on_progress)
            return MadeAnswer(tag_headers(_download_headers(answer), of), file)
        assert isinstance(answer, Document)
        response = _response(request, answer, asked, of)
        assert isinstance(response.body, bytes)
        if len(response.body) <= CHUNK:
            return MadeAnswer(dict(response.headers), response.body)
        file = tempfile.TemporaryFile()  # noqa: SIM115 - it goes with the answer
        file.write(response.body)
        return MadeAnswer(dict(response.headers), file)

    async def run(asker: Asker) -> MadeAnswer:
        return await engine.long_reads.run(asked.actor.means, lambda _: make(asker), asker=asker)

    engine.long_reads.check()
    query = "&".join(sorted(request.query_string.split("&")))
    words = f"{request.path}?{query}" if query else request.path
    return engine.works.join(asked.actor.means, words, run, to_be_fetched=to_be_fetched)


def _response(
    request: web.Request, answer: TableAnswer | Document | File, asked: ReadRequest, of: AnswerState | None
) -> web.Response:
    position: int | None = None
    match answer:
        case TableAnswer():
            body, headers, position = *_table(answer, asked, _language(request, asked)), answer.position
            headers |= _next(request, answer.more)
        case Document(value, about, more):
            body = formats.encode_json(value)
            headers = {"Content-Type": "application/json", **about, **_next(request, more)}
        case File(body, type_, about, _, more):
            headers = {"Content-Type": type_, **about, **_next(request, more)}
    response = web.Response(body=body, headers=tag_headers(headers, of, position))
    if isinstance(answer, File) and answer.compress:
        response[PACKABLE] = True
    return response


def _language(request: web.Request, asked: ReadRequest) -> str:
    """The language in which columns are named: what the address says, else what is preferred. Raises Problem."""
    wanted = asked.text("lang")
    return language_of(request) if wanted is None else parse_language(wanted)


def _table(it: TableAnswer, asked: ReadRequest, language: str) -> tuple[bytes, dict[str, str]]:
    headers = {"Content-Type": formats.MEDIA_TYPES[asked.format], "Sagwan-Position": str(it.position)}
    headers |= authorization.withheld_headers(it.seen.withheld, it.seen.emptied)
    if asked.format == "xlsx":
        name = asked.path.get("view") or asked.path.get("code") or "indicators"
        headers["Content-Disposition"] = f'attachment; filename="sagwan-{name}.xlsx"'
        headers |= in_language(language)
    if asked.format != "json":
        of = {"position": str(it.position)} if asked.format == "xlsx" else {}
        seen = authorization.with_metadata(it.seen, {**it.more, **of})
        return formats.encode_table(
            seen, asked.format, language, asked.path.get("view", ""), raw=asked.switch("raw")
        ), headers
    lacks = {"withheld": it.seen.withheld, "withheld_columns": it.seen.emptied, "set_aside": it.set_aside}
    about = {**it.about, **{name: value for name, value in lacks.items() if value}}
    return msgspec.json.encode({**about, "rows": msgspec.Raw(formats.encode_rows(it.seen.table))}), headers


def _next(request: web.Request, more: Mapping[str, str | int]) -> dict[str, str]:
    return {"Link": f'<{request.rel_url.update_query(more)}>; rel="next"'} if more else {}


def _download_headers(download: Download) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="{download.name}"',
        "Content-Type": "application/zip",
        "Sagwan-Position": str(download.position),
    }
