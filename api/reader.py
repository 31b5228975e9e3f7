"""Reads for commands: at the server of a folder over HTTP or, with no server, in the folder itself."""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

import msgspec
import pyarrow as pa
from aiohttp import ClientConnectionError, ClientPayloadError, ClientResponse, ClientSession, ClientTimeout

from api import formats
from api.address import Address, Unanswered
from api.credentials import SYSTEM
from api.folder_source import FolderSource, open_folder
from api.problems import Problem
from api.reads import authorization, catalogue
from api.reads.asked import ReadRequest, check_parameter_names
from api.reads.read import NO_VALUES, AdhocQuery, Document, Download, File, Read, TableAnswer
from api.terminal_language import language, tell
from domain.messages import Invalid, reason, sentence, unlisted
from domain.phrase import Phrase
from journal.evidence.holdings import FileCheck, check_files
from journal.folder import Folder, closed_to_others
from journal.log import keys
from journal.log.checkpoint import Checkpoint
from journal.log.continuity import KeptCheckpoint, kept_checkpoints, lost_in_words, lost_parts
from journal.log.note import NoteError, VerifierKey
from journal.log.sealer import NotAsSigned, SealFolder
from journal.store.journal import Journal
from journal.vault.vault import DamagedVault, persons_behind
from projections.mirror import mark
from projections.mirror.asker import Asker, working_for
from projections.mirror.files import open_mirror
from replay.audit import sealed
from replay.audit.verify import VerificationReport, verify
from replay.editions.editions import parse_edition_name
from replay.editions.reproduction import Reproduction, reproduce
from replay.progress import Progress

Value: TypeAlias = str | list[str] | None
Query: TypeAlias = Mapping[str, Value]
Names: TypeAlias = Mapping[str, object]
Made: TypeAlias = TableAnswer | Document | File | Download

TIMEOUT = ClientTimeout(total=None, sock_connect=30, sock_read=600)
"""A long answer may take long, silence may not."""

PROMPT_SECONDS, AGAIN_SECONDS = 1, 0.5
"""How long an answer is waited for before its progress is asked for, and how often that is asked."""


class RecordReader(Address):
    """Reads at a server, or in a folder where `url` is None: then no server runs, and nothing else may own it."""

    def table(self, read: Read, path: Names = NO_VALUES, **query: Value) -> pa.Table:
        """What a read answers as a table. Raises Unanswered."""
        if self._url is not None:
            return pa.ipc.open_stream(self._get(read, path, {"format": "arrow", **query})).read_all()
        with self._locally(read, path, query, "arrow") as answer:
            assert isinstance(answer, TableAnswer)
            return authorization.with_metadata(answer.seen, answer.more)

    def json(self, read: Read, path: Names = NO_VALUES, *, of: Any = Any, **query: Value) -> Any:
        """What a read answers, as JSON values or `of` a type. Raises Unanswered."""
        if self._url is not None:
            return msgspec.json.decode(self._get(read, path, query), type=of)
        with self._locally(read, path, query) as answer:
            assert isinstance(answer, Document)
            return msgspec.json.decode(formats.encode_json(answer.value), type=of)

    def long(self, read: Read, progress: Progress, path: Names = NO_VALUES, **query: Value) -> Any:
        """The same of a read that takes long, with its progress meanwhile."""
        if self._url is None:
            with working_for(Asker(progress)):
                return self.json(read, path, **query)
        answer = io.BytesIO()
        asyncio.run(self._waited_for("GET", read.path.format(**path), query, answer.write, progress))
        return msgspec.json.decode(answer.getvalue())

    def file(self, read: Read, path: Names = NO_VALUES, **query: Value) -> bytes:
        """A read that answers with a file, in the format asked for. Raises Unanswered."""
        if self._url is not None:
            return self._get(read, path, query)
        with self._locally(read, path, query, str(query.get("format") or "json")) as answer:
            assert isinstance(answer, File)
            return answer.body

    def download(self, read: Read, output: Path, progress: Progress, path: Names = NO_VALUES, **query: Value) -> int:
        """Writes the file that a read answers with; its length in bytes. Raises Unanswered."""
        part = output.with_name(output.name + ".part")
        try:
            with open(part, "wb") as file:
                if self._url is not None:
                    asyncio.run(self._waited_for("GET", read.path.format(**path), query, file.write, progress))
                else:
                    with self._locally(read, path, query) as answer:
                        assert isinstance(answer, Download)
                        answer.make(file, progress)
            # It is under its name only when it is whole.
            part.replace(output)
        finally:
            part.unlink(missing_ok=True)
        return output.stat().st_size

    def verify(
        self,
        progress: Progress,
        trusted: Sequence[str] = (),
        earlier: Mapping[str, str] = MappingProxyType({}),
    ) -> VerificationReport:
        """Reads the journal itself; only the live tables come from the server, where one runs.

        `trusted` are verifier keys, by default those that the record and its folder name; `earlier` are checkpoints
        that somebody kept, by their files.
        """
        with Journal.at(self._place) as journal:
            known = [VerifierKey.parse(it) for it in trusted] or [
                *sealed.verifier_keys_of(journal),
                *keys.verifier_keys(self.data),
            ]
            for file, kept in earlier.items():
                try:
                    Checkpoint.opened(kept, known)
                except NoteError as error:
                    raise Invalid("command.distrusted", file=file, because=reason(error)) from None
            log = SealFolder(Folder(self.data).log)
            seal = sealed.check_seal(journal.entries, log, known, [*earlier.values()], progress, _remembered(journal))
            files = self._files(journal)
            wrong = [*self._vault_behind(journal), *_wrong_files(files), *_unadopted(journal, self.data)]
            seal = seal._replace(differences=[*seal.differences, *wrong])
            if self._url is not None:
                report = verify(journal, self._live, journal.position, progress, seal, files)
                if report.tables and report.differences:
                    # What the law wants gone may have been destroyed between the reading and the comparison.
                    report = verify(journal, self._live, journal.position, progress, seal, files)
                return report
            with self._source() as source:
                return verify(journal, source.rows_of, source.mirror.position, progress, seal, files)

    def _files(self, journal: Journal) -> FileCheck | None:
        """The evidence files kept for the record; nothing where the entries that name them cannot be read: that damage
        is found elsewhere."""
        try:
            found = check_files(journal, Folder(self.data))
            if found.wrong and self._url is not None:
                # A server records first that a file is destroyed, or that it came again, and does it then.
                time.sleep(1)
                found = check_files(journal, Folder(self.data))
        except Exception:
            return None
        return found

    def _vault_behind(self, journal: Journal) -> list[sealed.Difference]:
        """The persons of whom the vault of the record holds another state than the record names."""
        path = Folder(self.data).vault
        if not path.exists():
            return []
        try:
            found = persons_behind(path, journal)
        except DamagedVault as damage:
            return [sealed.Difference(damage.phrase)]
        if found and self._url is not None:
            # A server records first and has the vault do it then.
            time.sleep(1)
            found = {name: it for name, it in persons_behind(path, journal).items() if found.get(name) == it}
        return [sealed.Difference(sentence("differs.vault", name=name), it.position) for name, it in found.items()]

    def rebuild(self, progress: Progress) -> int:
        """The position up to which the tables are rebuilt."""
        if self._url is not None:
            answer = io.BytesIO()
            asyncio.run(self._waited_for("POST", "/v1/mirror/rebuild", {}, answer.write, progress))
            return int(msgspec.json.decode(answer.getvalue())["position"])
        with closed_to_others(), Journal.at(self._place) as journal:
            mirror = open_mirror(
                self.data,
                journal.page,
                anew=True,
                progress=lambda done: progress("making tables", done, journal.position),
            )
            position = mirror.position
            mirror.close()
            assert mirror.path
            mark.write_mark(mirror.path, keys.readable_keys(self.data))
            return position

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        query: dict[str, str | None] | None = None,
        type_: str = "application/json",
    ) -> Any:
        """What a server answers to a request that is no read, as JSON values. Raises Unanswered."""
        encoded = msgspec.json.encode(body) if body is not None else None
        answer = self._fetch(method, path, dict(query or {}), encoded, type_)
        return msgspec.json.decode(answer) if answer else None

    def _live(self, table: str, position: int) -> pa.Table:
        answer = self._get(catalogue.MIRROR_TABLE, {"table": table}, {"position": str(position)})
        return pa.ipc.open_stream(answer).read_all()

    def reproduce(self, period: str, number: int, progress: Progress) -> Reproduction:
        """Reads the journal itself, whether a server runs or not."""
        with Journal.at(self._place) as journal:
            return reproduce(journal, period, number, progress, SealFolder(Folder(self.data).log).seal())

    @contextlib.contextmanager
    def _locally(self, read: Read, path: Names, query: Query, format_: str = "json") -> Iterator[Made]:
        """What a read answers out of the folder, whose owner sees everything. Raises Unanswered."""
        given = [(name, value) for name, value in _given(query) if name != "format"]
        try:
            check_parameter_names([name for name, _ in given], read.takes)
            with self._source() as source:
                asked = ReadRequest(lambda: SYSTEM, {name: str(value) for name, value in path.items()}, given, format_)
                answer = read.made(source, asked)
                yield answer.ask(threading.Event()) if isinstance(answer, AdhocQuery) else answer
        except (Problem, NotAsSigned) as problem:
            raise Unanswered("unanswered.said", because=_with_facts(problem.phrase, problem.facts)) from None

    @contextlib.contextmanager
    def _source(self) -> Iterator[FolderSource]:
        with open_folder(Folder(self.data), self._place) as source:
            _tell_set_aside(", ".join(map(str, source.set_aside())))
            yield source

    async def _waited_for(
        self, method: str, path: str, query: Query, write: Callable[[bytes], object], progress: Progress
    ) -> None:
        """Writes an answer that may take long. Where the server says that it makes it meanwhile, it is asked for its
        progress, and at last for the answer."""
        place = None
        async with self._answered(method, path, query, prefer=f"respond-async, wait={PROMPT_SECONDS}") as answer:
            if answer.status == 202:
                place = answer.headers["Location"]
            else:
                await _received(answer, write, progress)
        while place:
            async with self._answered("GET", place, {}) as answer:
                work = msgspec.json.decode(await answer.read())
            if work["status"] in ("done", "failed"):
                async with self._answered("GET", work["answer"], {}) as answer:
                    return await _received(answer, write, progress)
            if "what" in work:
                progress(work["what"], work["done"], work["of"])
            await asyncio.sleep(AGAIN_SECONDS)

    def _get(self, read: Read, path: Names, query: Query) -> bytes:
        """What a server answers. A log needs no token."""
        return self._fetch("GET", read.path.format(**path), query)

    def _fetch(
        self, method: str, path: str, query: Query, body: bytes | None = None, type_: str = "application/json"
    ) -> bytes:
        return asyncio.run(self._request(method, path, query, body, type_))

    async def _request(self, method: str, path: str, query: Query, body: bytes | None, type_: str) -> bytes:
        async with self._answered(method, path, query, body, type_) as answer:
            return await answer.read()

    @contextlib.asynccontextmanager
    async def _answered(
        self,
        method: str,
        path: str,
        query: Query,
        body: bytes | None = None,
        type_: str = "application/json",
        *,
        prefer: str | None = None,
    ) -> AsyncIterator[ClientResponse]:
        """An answer that is a success. Raises Unanswered for any other, and when it breaks off."""
        params = _given(query)
        url, headers = (
            self.url,
            {"Content-Type": type_, "Accept-Language": language()} | ({"Prefer": prefer} if prefer else {}),
        )
        if self._token is not None or not path.startswith("/v1/log/"):
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            async with (
                ClientSession(headers=headers, timeout=TIMEOUT) as session,
                session.request(method, url + path, params=params, data=body) as answer,
            ):
                if answer.status >= 400:
                    content = await answer.read() if "json" in answer.content_type else b"{}"
                    problem: dict[str, Any] = msgspec.json.decode(content)
                    said = unlisted(problem["detail"]) if "detail" in problem else _status(url, answer.status)
                    detail = _with_facts(said, problem.get("facts", {}))
                    raise Unanswered(
                        "unanswered.said", because=self._with_way(detail) if answer.status == 401 else detail
                    )
                _tell_set_aside(answer.headers.get("Sagwan-Set-Aside", ""))
                yield answer
        except ClientConnectionError as error:
            raise Unanswered("unanswered.silent", url=url, because=reason(error)) from None
        except ClientPayloadError:
            raise Unanswered("unanswered.broke_off", url=url) from None


async def _received(answer: ClientResponse, write: Callable[[bytes], object], progress: Progress) -> None:
    received = 0
    async for chunk in answer.content.iter_any():
        write(chunk)
        received += len(chunk)
        progress(tell("progress.received"), received // 1024, received // 1024)


def print_note(message: str) -> None:
    """Prints what the reader of an answer must know besides."""
    sys.stderr.write(f"sagwan: {message}\n")


def _tell_set_aside(positions: str) -> None:
    if positions:
        print_note(tell("unanswered.aside", positions=positions))


def parse_edition(edition: str | list[str]) -> tuple[str, int]:
    """`2025S1/1` as a half-year and a number. Raises Unanswered for any other form."""
    if (found := parse_edition_name(str(edition))) is None:
        raise Unanswered("unanswered.edition", edition=edition)
    return found


def _given(query: Query) -> list[tuple[str, str]]:
    """What a query says, a parameter that is said several times once for each."""
    return [
        (name, value)
        for name, values in query.items()
        for value in (values if isinstance(values, list) else [values])
        if value
    ]


def _remembered(journal: Journal) -> list[KeptCheckpoint]:
    """What the record says was signed; nothing where that cannot be read: what harms it is found elsewhere."""
    with contextlib.suppress(Exception):
        return kept_checkpoints(journal)
    return []


def _unadopted(journal: Journal, data: Path) -> list[sealed.Difference]:
    """That no key is named in a record that was founded with one; nothing where that cannot be read."""
    with contextlib.suppress(Exception):
        return [sealed.Difference(lost_in_words(it)) for it in lost_parts(journal, data) if it == "adoption"]
    return []


def _wrong_files(files: FileCheck | None) -> list[sealed.Difference]:
    return [
        sealed.Difference(sentence("differs.file", state, sha256=it.sha256, stream=it.stream), it.position)
        for it, state in (files.wrong if files else {}).items()
    ]


def _with_facts(detail: Phrase, facts: Mapping[str, Any]) -> Phrase:
    # A detail that asks "did you mean" goes without the list of all there are; a parameter is an option here; what the
    # detail says already is not said again.
    if "did_you_mean" in facts:
        facts = {name: value for name, value in facts.items() if not isinstance(value, list)}
    said = {name for name, value in facts.items() if re.search(rf"(?<!\w){re.escape(_listed(value))}(?!\w)", detail.en)}
    listed = "; ".join(f"{name}: {_listed(value)}" for name, value in facts.items() if name not in {"parameter", *said})
    return sentence("unanswered.facts", because=detail, facts=listed) if listed else detail


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _status(url: str, status: int) -> Phrase:
    return sentence("unanswered.status", url=url, status=status)
