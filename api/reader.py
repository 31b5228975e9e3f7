"""Where a command reads: from the server of a folder over HTTP, or, with no server, from the folder itself."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, TypeAlias

import msgspec
import pyarrow as pa
from aiohttp import ClientConnectionError, ClientPayloadError, ClientResponse, ClientSession, ClientTimeout

from api import tables
from api.edition_formats import FORMATS, printed
from api.http.query import ahead, moment, number, rate_sets
from api.problems import Problem
from journal.folder import Folder
from journal.log import keys
from journal.log.checkpoint import Checkpoint
from journal.log.continuity import SAID, Kept, kept, lost
from journal.log.note import NoteError, VerifierKey
from journal.log.proof import proven
from journal.log.sealer import NotAsSigned, Seal, Sealer, SealFolder
from journal.store.journal import Journal
from journal.vault.vault import Harmed, behind
from projections.mirror import mark
from projections.mirror.comparison import rows_as_of
from projections.mirror.files import open_checked, open_marked, open_mirror
from projections.mirror.mirror import Mirror
from replay.as_of import Points, rates
from replay.audit import diff, sealed
from replay.audit.verify import Progress, Report, verify
from replay.editions.editions import find, named
from replay.editions.period_figures import Abacus
from replay.editions.reproduction import Reproduction, reproduce
from replay.pack import pack
from replay.report.content import as_published

Query: TypeAlias = Mapping[str, str | list[str] | None]

TIMEOUT = ClientTimeout(total=None, sock_connect=30, sock_read=600)
"""A long answer may take long, silence may not."""


class Unanswered(Exception):
    """The question got no answer; the message says why and what to do."""


class Desk:
    """A reader's place. `url` is None where no server runs; then the folder is opened, and nothing else may own it."""

    def __init__(self, data: Path, url: str | None, token: str | None, database: str | None = None) -> None:
        self.data = data
        self._url = url
        self._token = token
        self._place: Path | str = database or Folder(data).journal

    @classmethod
    def at(cls, data: Path, url: str | None, token: str | None, database: str | None = None) -> Desk:
        """The place of whoever names a folder: at its server, where one runs and no other is named.

        Raises Unanswered for what is no address of a server.
        """
        if url and not re.match(r"https?://[^/]", url):
            raise Unanswered(f"{url} is no address of a server, such as http://127.0.0.1:8440")
        owner = Folder(data).owner()
        return cls(data, url or (owner.url if owner else None), token, database)

    @property
    def remote(self) -> bool:
        """Whether a server answers."""
        return self._url is not None

    @property
    def url(self) -> str:
        if self._url is None:
            raise Unanswered(
                f"no server runs on {self.data}; start `sagwan serve --data {self.data}` or name one with --url"
            )
        return self._url

    @property
    def token(self) -> str:
        if self._token is None:
            told = "a server answers only with a token: --token or SAGWAN_TOKEN. An operator issues it"
            raise Unanswered(told + self._way)
        return self._token

    @property
    def asked(self) -> tuple[str, str] | None:
        """URL and token of a server that may be asked, where both are known."""
        return (self._url, self._token) if self._url and self._token else None

    @property
    def _way(self) -> str:
        """How whoever has the record of this server gets a token, where nobody has one."""
        owner = Folder(self.data).owner()
        if owner is None or owner.url != self._url:
            return ""
        return f"; without one, stop the server and say `sagwan token issue operator --data {self.data}`"

    def table(self, path: str, **query: str | list[str] | None) -> pa.Table:
        """What a GET answers, as Arrow."""
        if self._url is not None:
            body = self._fetch("GET", path, {"format": "arrow", **query})
            return pa.ipc.open_stream(body).read_all()
        with self._mirror() as (journal, mirror):
            try:
                at = self._points(journal, mirror, query)
                with mirror.reading(at.known, at.valid, at.fx) as reading:
                    return tables.table(reading, path, tables.Query.of(path, query)).table
            except Problem as problem:
                raise Unanswered(_sentence(str(problem), problem.facts)) from None

    def diff(self, a: str, b: str) -> diff.Diff:
        if self._url is not None:
            return msgspec.json.decode(self._fetch("GET", "/v1/diff", {"a": a, "b": b}), type=diff.Diff)
        with self._mirror() as (journal, mirror):
            try:
                low, high = sorted((self._position(journal, a, "a"), self._position(journal, b, "b")))
            except Problem as problem:
                raise Unanswered(_sentence(str(problem), problem.facts)) from None
            return diff.between(mirror.reading, low, high)

    def verify(
        self,
        progress: Progress,
        trusted: Sequence[str] = (),
        earlier: Mapping[str, str] = MappingProxyType({}),
    ) -> Report:
        """Reads the journal itself; only the live tables come from the server, where one runs.

        `trusted` are verifier keys, by default those that the record and its folder name; `earlier` are checkpoints
        that somebody kept, by their files.
        """
        with Journal.at(self._place) as journal:
            known = [VerifierKey.parse(it) for it in trusted] or [*sealed.adopted(journal), *keys.verifiers(self.data)]
            for file, kept in earlier.items():
                try:
                    Checkpoint.opened(kept, known)
                except NoteError as error:
                    raise ValueError(f"{file} is not to be trusted: {error}") from None
            log = SealFolder(Folder(self.data).log)
            seal = sealed.check(journal.entries, log, known, [*earlier.values()], progress, _remembered(journal))
            wrong = [*self._vault_behind(journal), *_unadopted(journal, self.data)]
            seal = seal._replace(differences=[*seal.differences, *wrong])
            if self._url is not None:
                return verify(journal, self._live, journal.position, progress, seal)
            with self._mirror() as (_, mirror):
                return verify(journal, partial(rows_as_of, mirror), mirror.position, progress, seal)

    def _vault_behind(self, journal: Journal) -> list[sealed.Difference]:
        """The persons of whom the vault beside the record holds another state than the record names."""
        path = Folder(self.data).vault
        if not path.exists():
            return []
        try:
            found = behind(path, journal)
        except Harmed as damage:
            return [sealed.Difference(str(damage))]
        if found and self._url is not None:
            # A server records first and has the vault do it then.
            time.sleep(1)
            found = {name: it for name, it in behind(path, journal).items() if found.get(name) == it}
        return [
            sealed.Difference(f"the vault does not hold {name} as it was recorded last: it is older", it.position)
            for name, it in found.items()
        ]

    def proof(self, position: int) -> str:
        """The tlog-proof of the event at a position: with the event, unless a server is asked without a token."""
        if self._url is not None:
            query: dict[str, str | list[str] | None] = {"position": str(position), "format": "tlog-proof"}
            return self._fetch("GET", "/v1/log/proof", query | ({"event": "true"} if self._token else {})).decode()
        with Journal.at(self._place) as journal:
            seal = SealFolder(Folder(self.data).log).seal()
            try:
                if seal is None:
                    raise KeyError(position)
                _, stored, proof = proven(journal.entries, seal, position)
            except KeyError:
                raise Unanswered(f"no checkpoint covers position {position}; a server seals what is recorded") from None
            except NotAsSigned as error:
                raise Unanswered(str(error)) from None
            return proof._replace(extra=stored).text

    def pack(self, output: Path, wish: Query, progress: Progress) -> int:
        """Writes an evidence pack; its length in bytes.

        The wish is an `edition`, or `known`, `valid` and `fx`, of the `indicator`s named or of everything.
        """
        beside = output.with_name(output.name + ".part")
        try:
            with open(beside, "wb") as file:
                if self._url is not None:
                    asyncio.run(self._received(file, wish, progress))
                else:
                    self._packed(file, wish, progress)
            # A pack is under its name only when it is whole.
            beside.replace(output)
        finally:
            beside.unlink(missing_ok=True)
        return output.stat().st_size

    def _packed(self, file: BinaryIO, wish: Query, progress: Progress) -> None:
        with self._mirror() as (journal, mirror):
            if not keys.verifiers(self.data):
                raise Unanswered(
                    "nothing is sealed yet, so nothing can be proven; `sagwan serve` seals what is recorded"
                )
            sealer = Sealer(journal.entries, SealFolder(Folder(self.data).log), keys.of(self.data))

            def signed(last: int) -> Seal:
                if not (sealer.current and 0 < last <= sealer.position):
                    raise Unanswered(
                        f"the seal is over positions 1 to {sealer.position}; `sagwan serve` seals the rest"
                    )
                return sealer.at(sealer.current.ranks.upto(last))

            record = pack.Record(journal.entries, signed, [str(it) for it in sealed.adopted(journal)], sealer.sign)
            try:
                if edition := wish.get("edition"):
                    period, number = edition_named(edition)
                    published = find(journal, period, number)
                    told, key = as_published(journal, Abacus(mirror.reading), period, published), published.key
                    with mirror.reading(key.position, key.valid_cutoff, key.fx) as reading:
                        return pack.write_edition(file, record, told, reading, progress)
                at = self._points(journal, mirror, wish)
                chosen = tables.indicators(wish.get("indicator") or ())
                with mirror.reading(mirror.position if at.known is None else at.known, at.valid, at.fx) as reading:
                    pack.write(file, record, reading, chosen, progress)
            except (Problem, NotAsSigned) as problem:
                raise Unanswered(str(problem)) from None

    async def _received(self, file: BinaryIO, wish: Query, progress: Progress) -> None:
        edition = wish.get("edition")
        path = "/v1/editions/{}/{}.zip".format(*edition_named(edition)) if edition else "/v1/export/evidence"
        async with self._answered("GET", path, {} if edition else wish) as answer:
            received = 0
            async for chunk in answer.content.iter_any():
                file.write(chunk)
                received += len(chunk)
                progress("KiB received", received // 1024, received // 1024)

    def rebuild(self, progress: Progress) -> int:
        """The position up to which the tables are made anew."""
        if self._url is not None:
            return int(self.json("POST", "/v1/mirror/rebuild")["position"])
        with Journal.at(self._place) as journal:
            mirror = open_mirror(
                self.data,
                journal.page,
                anew=True,
                progress=lambda done: progress("making tables", done, journal.position),
            )
            position = mirror.position
            mirror.close()
            assert mirror.path
            mark.put(mirror.path, keys.held(self.data))
            return position

    def json(
        self,
        method: str,
        path: str,
        body: object = None,
        query: dict[str, str | None] | None = None,
        type_: str = "application/json",
    ) -> Any:
        encoded = msgspec.json.encode(body) if body is not None else None
        answer = self._fetch(method, path, dict(query or {}), encoded, type_)
        return msgspec.json.decode(answer) if answer else None

    def _live(self, table: str, position: int) -> pa.Table:
        answer = self._fetch("GET", f"/v1/mirror/{table}", {"position": str(position)})
        return pa.ipc.open_stream(answer).read_all()

    def ask(self, path: str, local: Callable[[Journal, Mirror], object], **query: str | None) -> Any:
        """What a GET answers, as JSON values; without a server, what `local` makes of journal and mirror."""
        if self._url is not None:
            return msgspec.json.decode(self._fetch("GET", path, dict(query)))
        with self._mirror() as (journal, mirror):
            return msgspec.json.decode(msgspec.json.encode(local(journal, mirror)))

    def edition(self, period: str, number: int, format_: str) -> bytes:
        """An edition as json, html or xlsx; the page's links lead to the server, where one runs."""
        if format_ not in FORMATS:
            raise ValueError(
                f"an edition is written as {', '.join(FORMATS)}, not as {format_ or 'a file without a suffix'}"
            )
        if self._url is not None:
            return self._fetch("GET", f"/v1/editions/{period}/{number}.{format_}", {})
        with self._mirror() as (journal, mirror):
            return printed(journal, Abacus(mirror.reading), period, find(journal, period, number), format_)

    def reproduce(self, period: str, number: int, progress: Progress) -> Reproduction:
        """Reads the journal itself, whether a server runs or not."""
        with Journal.at(self._place) as journal:
            return reproduce(journal, period, number, progress, SealFolder(Folder(self.data).log).seal())

    def _points(self, journal: Journal, mirror: Mirror, query: Query) -> Points:
        """What a query asks for, as `api.http.reads.points` reads it. Raises Problem."""
        known, valid = str(query.get("known") or ""), str(query.get("valid") or "")
        at = Points(self._position(journal, known, "known") if known and not named(known) else None)
        if edition := named(known):
            key = find(journal, *edition).key
            at = Points(key.position, key.valid_cutoff)
        if valid:
            at = msgspec.structs.replace(at, valid=moment(valid, "valid"))
        if fx := query.get("fx"):
            at = msgspec.structs.replace(at, fx=rates(mirror.reading, at.known, rate_sets(fx)))
        return at

    def _position(self, journal: Journal, point: str, name: str) -> int:
        """A position, or the last one by an instant. Raises Problem for what is neither, or not recorded yet."""
        if not point.isdecimal():
            return journal.last_at(moment(point, name))
        if (position := number(point, name)) > (last := journal.position):
            raise ahead(position, last)
        return position

    @contextlib.contextmanager
    def _mirror(self) -> Iterator[tuple[Journal, Mirror]]:
        with Journal.at(self._place) as journal:
            signing = keys.held(self.data)
            if signing:
                mirror, held = open_marked(self.data, journal.page, signing)
                if not held:
                    # Nobody closed it in order, and there is no server to look at it meanwhile.
                    mirror.close()
                    mirror = open_mirror(self.data, journal.page, anew=True)
            else:
                mirror = open_checked(self.data, journal.page)
            _tell_set_aside(", ".join(map(str, mirror.touched())))
            try:
                yield journal, mirror
            finally:
                mirror.close()
                assert mirror.path
                mark.put(mirror.path, signing)

    def _fetch(
        self, method: str, path: str, query: Query, body: bytes | None = None, type_: str = "application/json"
    ) -> bytes:
        return asyncio.run(self._request(method, path, query, body, type_))

    async def _request(self, method: str, path: str, query: Query, body: bytes | None, type_: str) -> bytes:
        async with self._answered(method, path, query, body, type_) as answer:
            return await answer.read()

    @contextlib.asynccontextmanager
    async def _answered(
        self, method: str, path: str, query: Query, body: bytes | None = None, type_: str = "application/json"
    ) -> AsyncIterator[ClientResponse]:
        """An answer that is a success. Raises Unanswered for any other, and when it breaks off."""
        params = [
            (name, value)
            for name, values in query.items()
            for value in (values if isinstance(values, list) else [values])
            if value
        ]
        url, headers = self.url, {"Content-Type": type_}
        if self._token is not None or not path.startswith("/v1/log/"):
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            async with (
                ClientSession(headers=headers, timeout=TIMEOUT) as session,
                session.request(method, url + path, params=params, data=body) as answer,
            ):
                if answer.status >= 400:
                    told = _told(url, answer.status, await answer.read(), answer.content_type)
                    raise Unanswered(told + self._way if answer.status == 401 else told)
                _tell_set_aside(answer.headers.get("Sagwan-Set-Aside", ""))
                yield answer
        except ClientConnectionError as error:
            raise Unanswered(f"{url} does not answer: {error}") from None
        except ClientPayloadError:
            raise Unanswered(f"{url} broke off in the middle of its answer; its log says why") from None


def tell(message: str) -> None:
    """Says what whoever reads an answer must know beside it."""
    sys.stderr.write(f"sagwan: {message}\n")


def _tell_set_aside(positions: str) -> None:
    if positions:
        tell(f"not in the tables, and so in no figure: the entries at {positions}; `sagwan verify` says why")


def edition_named(edition: str | list[str]) -> tuple[str, int]:
    """`2025S1/1` as a half-year and a number. Raises Unanswered for what does not read so."""
    if (found := named(str(edition))) is None:
        raise Unanswered(f"an edition is called like 2025S1/1, not {edition}")
    return found


def _told(url: str, status: int, content: bytes, content_type: str) -> str:
    problem: dict[str, Any] = msgspec.json.decode(content) if "json" in content_type else {}
    return _sentence(problem.get("detail", f"{url} answered {status}"), problem.get("facts", {}))


def _remembered(journal: Journal) -> list[Kept]:
    """What the record says was signed; nothing where that cannot be read: what harms it is found elsewhere."""
    with contextlib.suppress(Exception):
        return kept(journal)
    return []


def _unadopted(journal: Journal, data: Path) -> list[sealed.Difference]:
    """That no key is named in a record that was founded with one; nothing where that cannot be read."""
    with contextlib.suppress(Exception):
        return [sealed.Difference(SAID[it]) for it in lost(journal, data) if it == "adoption"]
    return []


def _sentence(detail: str, facts: dict[str, Any]) -> str:
    # A detail that asks "did you mean" goes without the list of all there are; a parameter is an option here.
    if "did_you_mean" in facts:
        facts = {name: value for name, value in facts.items() if not isinstance(value, list)}
    told = "; ".join(f"{name}: {value}" for name, value in facts.items() if name != "parameter")
    return f"{detail} ({told})" if told else detail
