#!/usr/bin/env python3
"""Checks that a Sagwan (사관) record, or a part of it, is what its log signed. Needs Python 3.11 and `cryptography`.

    python verify.py                            the unpacked evidence pack that this file lies in
    python verify.py PACK.zip                   an evidence pack, zipped or as a folder
    python verify.py --url https://record.kr    a log over HTTP; with a token in SAGWAN_TOKEN, every event too
    python verify.py --proof X.tlog-proof --event X.json    one event

It speaks Korean or English: --lang, else what the environment says (SAGWAN_LANG, LC_ALL, LC_MESSAGES, LANG).

Give the keys you trust, learned elsewhere than from what you check: --key for the log, --witness for each witness,
--quorum for how many of them must have signed. --earlier is a checkpoint you kept: the record must still begin with
what it named.

What is proven: the log is an RFC 6962 Merkle tree whose n-th leaf is the n-th event, as one line: the SHA-256 of the
event's JSON; in older logs behind three lines more, stream, version and type. A log is of the one form or of the
other. A checkpoint is the tree's size and root, signed. If these events make the signed root, none was changed,
dropped, inserted or moved. An event that lost content by law says `redacted` and keeps its digest; what is left of it
must be what a later event, `entry.redacted`, says.

The pack of an edition also holds the event that published it: the edition must say what that event has the digest of,
and every figure must be made of the entries under evidence/.

Whatever else is in a pack is only what the record says: manifest.json lists every file and is signed with the log's
key. The verdict names what is proven, what is only signed, and what neither proves nor signs.

Take this file from elsewhere than from the pack that you check. It runs nothing of what it finds there, and no SQL.

Exit code 0: all that was checked holds. 1: something is wrong, the first wrong place is named. 2: could not check.
3: what is named as proven holds, and nothing signs the rest of the pack.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import csv
import hashlib
import io
import itertools
import json
import math
import os
import re
import statistics
import sys
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, NamedTuple, NoReturn

LINE = re.compile(rb'\{"position":(\d{1,18}),(?:"space":(?:null|"[^"]*"),)?"entry":(\{.*\})\}\n?')
ENTRY = re.compile(r"([^\n]+\n\d+\n[^\n]+\n)?[0-9a-f]{64}\n", re.ASCII)
SIGNED = re.compile(rb'(\{.*),\n "signature": ("[^\n]*")\n\}\n', re.DOTALL)
AGGREGATE = re.compile(r'^aggregate = "(.+)"$|^--.*\baggregate: +(.+?)\s*$', re.MULTILINE)
"""In the definition of an indicator; in packs of before, in a comment before its query."""
RECENT = 50_000
"""Sizes behind the newest at which a checkpoint that the record remembers is still compared."""
COMPUTED = ("HD-03",)
"""Indicators whose rows have moments that a formula computes, such as when a clock ran out; others have an event's."""
CHECKPOINT = re.compile(rb"([^\n]+)\n(0|[1-9]\d{0,17})\n([A-Za-z0-9+/]{43}=)\n([^\n]+\n)*")
MOST_BYTES, MOST_LINE = 1 << 30, 16 << 20
"""Of a file that is read whole, and of a line: what is packed small may be endless."""
Fetch = Callable[[str], bytes]
unbase64 = base64.b64decode


class Said(NamedTuple):
    """A sentence in each language. What stands in capitals, and `ok`, are codes: the same in both."""

    en: str
    ko: str


class Told(Exception):
    """Why a check ends, in both languages."""

    def __init__(self, en: str, ko: str) -> None:
        super().__init__(en)
        self.said = Said(en, ko)


class Wrong(Told):
    """Something is not as it must be."""


class Unchecked(Told):
    """There is nothing to check, or not what it takes to check it."""


# The tree: RFC 6962 section 2.1.


def leaf(entry: bytes) -> bytes:
    return hashlib.sha256(b"\0" + entry).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """A tree that only grows, kept as the roots of its perfect subtrees, the largest first."""

    def __init__(self, hashes: bytes = b"") -> None:
        self.size, self.subtrees = 0, list[bytes]()
        for at in range(0, len(hashes), 32):
            self.append(hashes[at : at + 32])

    def append(self, hash_: bytes) -> None:
        size = self.size
        while size & 1:
            hash_, size = node(self.subtrees.pop(), hash_), size >> 1
        self.subtrees.append(hash_)
        self.size += 1

    @property
    def root(self) -> bytes:
        return root_of(self.subtrees)


def root_of(subtrees: Sequence[bytes]) -> bytes:
    """The root over perfect subtrees, the largest first."""
    if not subtrees:
        return hashlib.sha256(b"").digest()
    root = subtrees[-1]
    for left in subtrees[-2::-1]:
        root = node(left, root)
    return root


def root_above(hash_: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """The root that a leaf and its inclusion proof lead to (RFC 9162 section 2.1.3.2); None if they lead nowhere."""
    last = size - 1
    if not 0 <= index <= last:
        return None
    for other in proof:
        if last == 0:
            return None
        if index & 1 or index == last:
            hash_ = node(other, hash_)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            hash_ = node(hash_, other)
        index, last = index >> 1, last >> 1
    return None if last else hash_


# Who signed: C2SP signed-note, tlog-checkpoint and tlog-cosignature.


class Key(NamedTuple):
    """A verifier key, `name+id+base64(type, public key)`; type 1 signs a note, type 4 cosigns a checkpoint."""

    name: str
    id: bytes
    type: int
    public: bytes

    @classmethod
    def parse(cls, text: str) -> Key:
        with contextlib.suppress(ValueError):
            name, id_, material = text.strip().split("+", 2)
            raw = unbase64(material, validate=True)
            number = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
            if len(raw) == 33 and raw[0] in (1, 4) and number.hex() == id_:
                return cls(name, number, raw[0], raw[1:])
        raise Unchecked(
            f"this is no Ed25519 verifier key: {text.strip()!r}", f"Ed25519 공개키가 아님: {text.strip()!r}"
        )

    def signed(self, body: bytes, signature: bytes) -> bool:
        try:
            from cryptography.exceptions import InvalidSignature
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        except ImportError:
            raise Unchecked(
                "signatures need the package `cryptography`: pip install cryptography",
                "서명을 확인하려면 `cryptography` 패키지가 필요함: pip install cryptography",
            ) from None
        if self.type == 4:
            seconds, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            body = f"cosignature/v1\ntime {seconds}\n".encode() + body
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, body)
        except InvalidSignature:
            return False
        return True


class Note(NamedTuple):
    """A text and who is said to have signed it. `what` it is, in words."""

    what: Said
    body: bytes
    signatures: list[tuple[str, bytes]]

    @classmethod
    def read(cls, what: Said, note: bytes) -> Note:
        body, _, tail = note.rpartition(b"\n\n")
        with contextlib.suppress(ValueError):
            lines = [line.split(" ") for line in tail.decode().removesuffix("\n").split("\n")]
            signatures = [(name, unbase64(text, validate=True)) for dash, name, text in lines if dash == "—"]
            if len(signatures) == len(lines):
                return cls(what, body + b"\n", signatures)
        raise Wrong(f"the {what.en} does not read as one", f"{what.ko} 형식이 아님")

    def signers(self, keys: Sequence[Key]) -> int:
        """How many of the keys signed it. Raises Wrong for a bad signature that a key's name stands on."""
        signers = set()
        for key in keys:
            for name, signature in self.signatures:
                if name == key.name and signature[:4] == key.id:
                    if not key.signed(self.body, signature[4:]):
                        raise Wrong(
                            f"the signature of {name} is not over this {self.what.en}: one of them was changed",
                            f"{name}의 서명이 이 {self.what.ko}에 대한 것이 아님: 둘 중 하나가 변경됨",
                        )
                    signers.add(key.public)
        return len(signers)


class Checkpoint(NamedTuple):
    origin: str
    size: int
    root: bytes
    note: Note

    @classmethod
    def parse(cls, text: bytes) -> Checkpoint:
        note = Note.read(Said("checkpoint", "체크포인트"), text)
        if found := CHECKPOINT.fullmatch(note.body):
            with contextlib.suppress(ValueError):
                return cls(found[1].decode(), int(found[2]), unbase64(found[3]), note)
        raise Wrong("the checkpoint does not read as one", "체크포인트 형식이 아님")

    def signers(self, keys: Sequence[Key]) -> int:
        return self.note.signers(keys)


# What is checked.


class Event(NamedTuple):
    position: int
    stream: str
    entry: bytes
    left: str = ""
    act: tuple[int, str, dict[str, str]] | None = None
    edition: dict[str, Any] | None = None
    assessment: dict[str, Any] | None = None
    moment: tuple[int, str] | None = None
    seal: dict[str, Any] | None = None

    @classmethod
    def parse(cls, position: int, stored: bytes) -> Event:
        """The event of a stored JSON and its four lines in an older log, of which newer ones have the last.

        `left` is the digest of what a redaction left; `act` says of which event an act of redaction left what, and
        of which editions;
        `edition` is the key and the digest of an edition that was published, `assessment` what a hub said in words;
        `moment` says of which event when it happened, of itself or, in a correction, of another; `seal` is what the
        record remembers of its checkpoints.
        """
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
            it, digest = json.loads(stored), hashlib.sha256(stored).hexdigest()
            fact, redacted = it["fact"], it.get("redacted")
            sealed = redacted["digest"] if redacted else digest
            entry = f"{it['stream']}\n{it['version']}\n{fact['type']}\n{sealed}\n"
            act = None
            if fact["type"] == "entry.redacted":
                act = fact["entry"], fact["remains"], fact.get("editions", {})
            edition = fact if fact["type"] in ("check.edition_published", "check.edition_restated") else None
            if ENTRY.fullmatch(entry) and entry.count("\n") == 4:
                said = fact if fact["type"] == "review.assessment_made" else None
                corrects = fact["type"] == "entry.corrected"
                moment = (fact["entry"] if corrects else position, (fact if corrects else it).get("occurred_at", ""))
                left = digest if redacted else ""
                seal = fact if fact["type"] in ("seal.checkpoint_kept", "seal.log_restarted") else None
                return cls(position, it["stream"], entry.encode(), left, act, edition, said, moment, seal)
        raise Wrong(f"position {position}: this is no event", f"순번 {position}: 기록이 아님")

    @property
    def digest(self) -> bytes:
        """The line of the digest, which is all that newer logs have of an event."""
        return self.entry[-65:]

    @property
    def place(self) -> Said:
        return Said(f"position {self.position}, {self.stream}", f"순번 {self.position}, 대상 {self.stream}")


class Pack:
    """The files of an evidence pack, in a zip file or a folder."""

    open: Callable[[str], IO[bytes]]

    def __init__(self, path: Path) -> None:
        if path.is_dir():
            self.names = [it.relative_to(path).as_posix() for it in sorted(path.rglob("*")) if it.is_file()]
            self.open = lambda name: (path / name).open("rb")
        else:
            archive = zipfile.ZipFile(path)
            _check_nothing_hidden(path, archive)
            self.names = [name for name in archive.namelist() if not name.endswith("/")]
            self.open = archive.open
        if not {"manifest.json", "events.ndjson", "log/checkpoint"} <= set(self.names):
            raise Unchecked(
                f"{path} is no evidence pack: manifest.json, events.ndjson or log/checkpoint is not there",
                f"증빙 묶음이 아님: {path}에 manifest.json, events.ndjson, log/checkpoint 가운데 없는 파일이 있음",
            )

    def read(self, name: str) -> bytes:
        with self.open(name) as file:
            found = file.read(MOST_BYTES + 1)
        if len(found) > MOST_BYTES:
            raise Wrong(f"{name} is longer than any file of its kind", f"같은 종류의 어떤 파일보다도 김: {name}")
        return found

    def events(self, name: str = "events.ndjson") -> Iterator[Event]:
        with self.open(name) as file:
            yield from _events(iter(lambda: file.readline(MOST_LINE), b""))


def _check_nothing_hidden(path: Path, archive: zipfile.ZipFile) -> None:
    """Raises Wrong where a zip file holds more than the files that its directory lists: a program that reads it from
    the front would find other files than those that are checked."""
    starts = {0}
    with path.open("rb") as file:
        for it in sorted(archive.infolist(), key=lambda it: it.header_offset):
            file.seek(it.header_offset)
            head = file.read(30)
            if it.header_offset not in starts or (it.is_dir() and it.file_size):
                raise Wrong(
                    f"{path} holds something before {it.filename} that it does not list",
                    f"{path}: {it.filename} 앞에 목록에 없는 내용이 있음",
                )
            named = int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
            # Behind what was written front to back stand its digest and lengths (APPNOTE 4.3.9).
            behind = (12, 16, 20, 24) if it.flag_bits & 8 else (0,)
            starts = {it.header_offset + 30 + named + it.compress_size + more for more in behind}
        file.seek(-22, 2)
        if archive.start_dir not in starts or archive.comment or file.read(4) != b"PK\5\6":
            raise Wrong(
                f"{path} holds something behind its files that it does not list",
                f"{path}: 파일들 뒤에 목록에 없는 내용이 있음",
            )


def _events(lines: Iterable[bytes]) -> Iterator[Event]:
    """The events of NDJSON lines; the stored JSON is taken byte for byte."""
    last = 0
    for line in lines:
        found = LINE.fullmatch(line)
        if not found or int(found[1]) <= last:
            raise Wrong(
                f"behind position {last} comes what is no event, or one out of order",
                f"순번 {last} 다음에 오는 것이 기록이 아니거나 순서에 맞지 않음",
            )
        last = int(found[1])
        yield Event.parse(last, found[2])


class Check:
    """One run. `said` takes each line of the report, with nothing in it but what is seen; `wrongs` counts what is
    wrong."""

    def __init__(
        self,
        asked: argparse.Namespace,
        said: Callable[[str], None] = print,
        progress: Callable[[str, int, int], None] = lambda *_: None,
    ) -> None:
        self.asked, self.progress = asked, progress
        self.said: Callable[[str], None] = lambda line: said(visible(line))
        self.wrongs = 0
        self.earlier: list[Checkpoint] = []
        self.keys: list[Key] = []
        self.short: bool | None = None
        self.left: dict[int, str] = {}
        self.acts: dict[int, str] = {}
        self.unsliced: dict[str, str] = {}
        self.editions: dict[str, list[dict[str, Any]]] = {}
        self.assessed: dict[int, dict[str, Any]] = {}
        self.sealed: dict[int, str] = {}
        self.streams: dict[int, str] = {}
        self.recent: dict[int, tuple[bytes, ...]] = {}
        self.remembered = 0
        self.moments: dict[int, list[str]] = {}
        self.placed = self.undated = 0
        self.proven: set[str] = set()
        self.unsigned = False

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """Reports what is wrong inside, and goes on."""
        try:
            yield
        except Wrong as wrong:
            self.wrongs += 1
            self.say("WRONG", *wrong.said)

    def pick(self, en: str, ko: str) -> str:
        return ko if self.asked.lang == "ko" else en

    def say(self, code: str, en: str, ko: str) -> None:
        self.said(f"{code:7}{self.pick(en, ko)}")

    def ok(self, en: str, ko: str) -> None:
        self.say("ok", en, ko)

    def note(self, en: str, ko: str) -> None:
        self.say("NOTE", en, ko)

    def checkpoint(self, note: bytes, offered: Sequence[str] = ()) -> Checkpoint:
        """Reads a checkpoint and checks who signed it; `offered` are keys that came with it."""
        head = Checkpoint.parse(note)
        root = base64.b64encode(head.root).decode()
        self.say(
            "",
            f"{head.origin}: {head.size} events, root {root}",
            f"{head.origin}: 기록 {head.size}건, 루트 해시값 {root}",
        )
        self.keys = [Key.parse(text) for text in self.asked.key or offered]
        if not self.keys:
            raise Unchecked("give the log's verifier key with --key", "원장의 공개키를 --key로 지정할 것")
        with self.told():
            self.signed(head)
            self.ok("the checkpoint is signed with the log's key", "체크포인트가 원장의 키로 서명되어 있음")
        if not self.asked.key:
            self.note(
                "!! That key came with what it vouches for: whoever forged the one could forge the other.",
                "!! 이 키는 확인 대상과 함께 제공된 것임: 대상을 위조한 사람은 키도 위조할 수 있음.",
            )
            self.note(
                "!! Get the log's key elsewhere, such as from the committee, and give it with --key.",
                "!! 원장의 키를 위원회 등 다른 경로로 받아 --key로 지정할 것.",
            )
        with self.told():
            self._witnesses(head)
        for path in self.asked.earlier:
            with self.told():
                self._earlier(Checkpoint.parse(self._kept(path)), head)
        return head

    def _kept(self, path: Path) -> bytes:
        """A signed text that somebody kept, as it was signed; says what an editor or a mail did to the file."""
        data = path.read_bytes()
        wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
        text = (data.decode("utf-16").encode() if wide else data).removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
        text += b"" if text.endswith(b"\n") else b"\n"
        if text != data:
            self.note(
                f"{path} was changed by an editor or a mail (byte order mark, CRLF, last line): read without that",
                f"{path}: 편집기나 전자우편을 거치며 변경됨(바이트 순서 표시, CRLF, 마지막 줄). 변경을 되돌려 읽음",
            )
        return text

    def signed(self, head: Checkpoint) -> None:
        if head.signers([key for key in self.keys if key.name == head.origin]) == 0:
            raise Wrong(
                f"the checkpoint of {head.origin} is not signed with a key that was given",
                f"{head.origin}의 체크포인트가 지정된 키로 서명되어 있지 않음",
            )

    def _witnesses(self, head: Checkpoint) -> None:
        witnesses = [Key.parse(text) for text in self.asked.witness]
        quorum = len(witnesses) if self.asked.quorum is None else self.asked.quorum
        signed = head.signers(witnesses)
        told = Said(
            f"{signed} of {len(witnesses)} witnesses signed the checkpoint, {quorum} must",
            f"입회인 {len(witnesses)}곳 가운데 {signed}곳이 체크포인트에 서명함(필요한 수: {quorum})",
        )
        if signed < quorum:
            raise Wrong(*told)
        if witnesses:
            self.ok(*told)
        elif others := ", ".join(sorted({name for name, _ in head.note.signatures} - {head.origin})):
            self.note(
                f"not checked: signatures of {others}; give their keys with --witness",
                f"확인하지 않은 서명: {others}. 그 키를 --witness로 지정할 것",
            )

    def _earlier(self, earlier: Checkpoint, head: Checkpoint) -> None:
        if earlier.origin != head.origin or not earlier.signers(self.keys):
            raise Wrong(
                "the earlier checkpoint is not this log's; after a change of keys, give both with --key",
                "이전 체크포인트가 이 원장의 것이 아님. 키가 바뀌었으면 두 키를 모두 --key로 지정할 것",
            )
        if earlier.size > head.size:
            raise Wrong(
                f"events {head.size + 1} to {earlier.size} of the earlier checkpoint are not in this one",
                f"이전 체크포인트의 {head.size + 1}번째부터 {earlier.size}번째까지의 기록이 이 체크포인트에 없음",
            )
        if earlier.size == head.size and earlier.root != head.root:
            raise Wrong(
                f"two different records of {head.size} events were signed: rewritten",
                f"기록 {head.size}건의 서로 다른 두 원장에 서명됨: 다시 쓰인 것임",
            )
        self.earlier.append(earlier)

    def grown(self, tree: Tree) -> None:
        """Called with every size of the tree: at the earlier checkpoint's size it must have its root."""
        self.recent[tree.size] = tuple(tree.subtrees)
        if len(self.recent) > RECENT:
            del self.recent[next(iter(self.recent))]
        for earlier in self.earlier:
            if earlier.size == tree.size:
                with self.told():
                    if tree.root != earlier.root:
                        raise Wrong(
                            f"the first {tree.size} events are not those of the earlier checkpoint: rewritten",
                            f"처음 {tree.size}건이 이전 체크포인트의 기록과 다름: 다시 쓰인 것임",
                        )
                    self.ok(
                        f"the first {tree.size} events are those of the earlier checkpoint",
                        f"처음 {tree.size}건이 이전 체크포인트의 기록과 같음",
                    )

    def pack(self, path: Path) -> None:
        pack = Pack(path)
        about: dict[str, Any] = {}
        with self.told():
            about = self._files(pack)
        keys = pack.read("log/keys").decode().split() if "log/keys" in pack.names else []
        head = self.checkpoint(pack.read("log/checkpoint"), keys)
        with self.told():
            self._signed(pack, about, head)
        self.grown(Tree())
        if "log/later/checkpoint" in pack.names:
            later = Checkpoint.parse(pack.read("log/later/checkpoint"))
            self.signed(later)
            self._proven(pack, later, "log/later/")
        if "log/proofs.ndjson" in pack.names:
            self._part(pack, head)
        else:
            self._whole(pack, head)
        if "edition/content.json" in pack.names:
            self._edition(pack, head)
        elif about.get("edition"):
            with self.told():
                raise Wrong(
                    f"the pack is of the edition {about['edition']}, and edition/content.json is not in it",
                    f"공표본 {about['edition']}의 묶음이나 edition/content.json이 들어 있지 않음",
                )
        if "figures/figures.json" in pack.names:
            with self.told():
                self._told(pack)
        if contents := [name for name in pack.names if name.startswith("editions/")]:
            with self.told():
                self._contents(pack, contents)
        if self.placed and not self.wrongs:
            computed = f", {self.undated} of them at moments that formulas compute" if self.undated else ""
            ko = f"(그중 {self.undated}건은 산식이 계산한 시각)" if self.undated else ""
            self.ok(
                f"{self.placed} rows under evidence/ name proven events and when they happened{computed}",
                f"evidence/의 {self.placed}행이 증명된 기록과 그 발생 시각을 가리킴{ko}",
            )
            self.note(
                "which events count, and their amounts, is what the record says: sql/ has the formulas",
                "어느 기록을 얼마로 산입하는지는 기록이 밝힌 대로임: 산식은 sql/에 있음",
            )
        with self.told():
            self._verifier(pack)
        self._summed(pack)

    def _signed(self, pack: Pack, about: dict[str, Any], head: Checkpoint) -> None:
        """Whether the key of the log stands by the manifest, and so by every file that it lists."""
        manifest = pack.read("manifest.json")
        if not (found := SIGNED.fullmatch(manifest)):
            self.unsigned = True
            if b'"signature"' in manifest:
                raise Wrong(
                    "the signature of manifest.json does not stand where it belongs",
                    "manifest.json의 서명이 있어야 할 자리에 없음",
                )
            return self.note(
                "!! NOT SIGNED: nobody signed manifest.json; earlier packs are so, and forged ones may be.",
                "!! NOT SIGNED(서명 없음): manifest.json에 서명이 없음. 이전 배포판의 것이거나 위조된 것일 수 있음.",
            )
        note = Note.read(Said("manifest", "파일 목록(manifest.json)"), json.loads(found[2]).encode())
        digest = hashlib.sha256(found[1]).hexdigest()
        if note.body.decode() != f"sagwan evidence pack v1\norigin {head.origin}\nmanifest {digest}\n":
            raise Wrong(
                "what was signed is another manifest than manifest.json, or one of another record",
                "서명된 것은 manifest.json이 아닌 다른 파일 목록이거나 다른 원장의 것임",
            )
        if note.signers([key for key in self.keys if key.name == head.origin]) == 0:
            raise Wrong(
                "manifest.json is not signed with a key that was given",
                "manifest.json이 지정된 키로 서명되어 있지 않음",
            )
        if about and (about["record"], about["entries"]) != (head.origin, head.size):
            raise Wrong(
                "manifest.json is of another checkpoint than log/checkpoint",
                "manifest.json의 체크포인트와 log/checkpoint가 다름",
            )
        self.ok(
            "the manifest of all files is signed with the log's key",
            "모든 파일의 목록(manifest.json)이 원장의 키로 서명되어 있음",
        )

    def _verifier(self, pack: Pack) -> None:
        """Says what is to be thought of the verifier in the pack."""
        if "verify.py" not in pack.names:
            return
        ours = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
        theirs = hashlib.sha256(pack.read("verify.py")).hexdigest()
        if ours != theirs:
            self.note(
                f"verify.py in the pack is not this verifier: its SHA-256 is {theirs}",
                f"묶음의 verify.py는 이 검증기와 다름: SHA-256은 {theirs}",
            )
        elif Path(__file__).absolute().parent == self.asked.pack.absolute():
            self.note(
                "!! This verifier came with what it checks. Take one from a Sagwan release got elsewhere.",
                "!! 이 검증기는 확인 대상과 함께 제공된 것임. 다른 경로로 받은 Sagwan 배포판의 검증기를 쓸 것.",
            )

    def _summed(self, pack: Pack) -> None:
        """What is proven, what is only signed, and what is neither, file by file."""
        if self.wrongs:
            return
        proven = ", ".join(sorted(self.proven))
        self.say("", f"proven by the log: {proven}", f"원장으로 증명됨: {proven}")
        rest = {*pack.names} - self.proven - {"manifest.json"}
        folders = Counter(re.sub(r"/(?!keys).*", "/", name) for name in rest)
        en = ", ".join(f"{name} ({n} files)" if n > 1 else name for name, n in sorted(folders.items())) or "nothing"
        ko = ", ".join(f"{name}({n}개)" if n > 1 else name for name, n in sorted(folders.items())) or "없음"
        if self.unsigned:
            self.say("", f"NOT PROVEN and not signed: {en}", f"NOT PROVEN(증명되지 않음), 서명도 없음: {ko}")
        else:
            self.say("", f"not proven, signed by the record: {en}", f"증명되지 않았으나 기록의 서명이 있음: {ko}")

    def _files(self, pack: Pack) -> dict[str, Any]:
        manifest = pack.read("manifest.json")
        digest = hashlib.sha256(manifest).hexdigest()
        self.say("", f"manifest.json has the SHA-256 {digest}", f"manifest.json의 SHA-256: {digest}")
        about: dict[str, Any] = json.loads(manifest)
        listed = about["files"]
        for name, times in Counter(pack.names).items():
            if times > 1 or name not in {*listed, "manifest.json"}:
                raise Wrong(
                    f"{name} is in the pack twice, or the manifest does not list it",
                    f"묶음에 두 번 있거나 목록에 없는 파일: {name}",
                )
        for number, name in enumerate(sorted(listed)):
            if name not in pack.names:
                raise Wrong(f"{name} is missing from the pack", f"묶음에 없는 파일: {name}")
            try:
                with pack.open(name) as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
            except (zipfile.BadZipFile, zlib.error):
                raise Wrong(f"{name} is damaged in the zip file", f"zip 안에서 손상된 파일: {name}") from None
            if digest != listed[name]["sha256"]:
                raise Wrong(
                    f"{name} is not the file that the manifest lists: its digest differs",
                    f"목록과 해시값이 다른 파일: {name}",
                )
            self.progress("files", number + 1, len(listed))
        self.ok(
            f"{len(listed)} files have the digests of the manifest",
            f"파일 {len(listed)}개의 해시값이 목록과 같음",
        )
        return about

    def _whole(self, pack: Pack, head: Checkpoint) -> None:
        """Every event is there: the root is made again. log/leaf-hashes only serves to name the first wrong place."""
        leaves = pack.read("log/leaf-hashes")
        tree, gaps, position, first = Tree(), 0, 0, Said("", "")
        try:
            for event in pack.events():
                if self.short is None:
                    self.short = leaf(event.digest) == leaves[:32]
                position, hash_ = event.position, self.leaf(event)
                if hash_ != leaves[32 * tree.size : 32 * tree.size + 32]:
                    why = _misplaced(hash_, leaves, tree.size)
                    first = Said(f"{event.place.en}: {why.en}", f"{event.place.ko}: {why.ko}")
                    break
                tree.append(hash_)
                gaps += position != tree.size
                self.seen(event)
                self.grown(tree)
                if tree.size % 10_000 == 0:
                    self.progress("events", tree.size, head.size)
        except Wrong as wrong:
            first = wrong.said
        if not first.en and (tree.size, tree.root) == (head.size, head.root):
            self.proven |= {"events.ndjson", "log/checkpoint", "log/leaf-hashes"} & {*pack.names}
            self.ok(
                f"{tree.size} events make the signed root: none changed, missing, added or moved",
                f"기록 {tree.size}건이 서명된 루트 해시값을 이룸: 변경, 누락, 추가, 이동된 기록이 없음",
            )
            return self._remarks(gaps)
        sealed = Tree(leaves)
        if (sealed.size, sealed.root) != (head.size, head.root):
            raise Wrong(
                f"this is not the record that the checkpoint names. {first.en and 'First wrong place: '}{first.en}",
                f"체크포인트에 서명된 원장이 아님. {first.ko and '처음 어긋난 곳: '}{first.ko}",
            )
        raise Wrong(
            f"first wrong place: {first.en or f'behind position {position} the events end too early'}",
            f"처음 어긋난 곳: {first.ko or f'순번 {position} 다음에 있어야 할 기록이 없음'}",
        )

    def _part(self, pack: Pack, head: Checkpoint) -> None:
        """Some events are there, each with its inclusion proof."""
        count = self._proven(pack, head, "", "log/")
        self.ok(
            f"{count} events are in the signed record of {head.size}; what else it holds is not in this pack",
            f"기록 {count}건이 서명된 원장의 {head.size}건 안에 있음. 나머지는 이 묶음에 없음",
        )
        self._remarks()
        if self.earlier:
            self.note(
                "not checked: --earlier needs the whole record, a pack of all events or --url",
                "확인하지 않음: --earlier는 전체 기록이 있어야 함(전체 묶음 또는 --url)",
            )

    def _proven(self, pack: Pack, head: Checkpoint, folder: str, log: str = "") -> int:
        """How many events there are in a folder, each proven by the line of proofs.ndjson."""
        count, last = 0, -1
        with pack.open(f"{log or folder}proofs.ndjson") as proofs:
            for event in pack.events(f"{folder}events.ndjson"):
                proof = json.loads(next(proofs, b"") or b'{"index": -1, "proof": []}')
                self.included(event, proof["index"], proof["proof"], head)
                if proof["index"] <= last:
                    raise Wrong(
                        f"first wrong place: {event.place.en}: not in the order of the record",
                        f"처음 어긋난 곳: {event.place.ko}: 원장의 순서와 다름",
                    )
                count, last = count + 1, proof["index"]
                self.seen(event)
            if next(proofs, None):
                raise Wrong(
                    f"there are proofs for more than the {count} events: some were taken out",
                    f"증명이 기록 {count}건보다 많음: 빠진 기록이 있음",
                )
        self.proven |= {f"{log or folder}proofs.ndjson", f"{folder}events.ndjson", f"{log or folder}checkpoint"}
        return count

    def leaf(self, event: Event) -> bytes:
        return leaf(event.digest if self.short else event.entry)

    def included(self, event: Event, index: int, proof: Sequence[str], head: Checkpoint) -> None:
        """Raises Wrong unless the proof leads from the event to the root. The first one tells the form of the log."""
        hashes = [unbase64(it) for it in proof]
        if self.short is None:
            self.short = root_above(leaf(event.digest), index, head.size, hashes) == head.root
        if root_above(self.leaf(event), index, head.size, hashes) != head.root:
            raise Wrong(
                f"first wrong place: {event.place.en}: not the event that was sealed, or not its proof",
                f"처음 어긋난 곳: {event.place.ko}: 봉인된 기록이 아니거나 그 증명이 아님",
            )

    def seen(self, event: Event) -> None:
        """Called with every event that is proven."""
        self.sealed[event.position] = event.digest.decode().strip()
        self.streams[event.position] = event.stream
        if event.moment:
            said = self.moments.setdefault(event.moment[0], [])
            said.append(event.moment[1])
        if event.edition:
            self.editions.setdefault(event.edition["digest"], []).append(event.edition)
        if event.assessment:
            self.assessed[event.position] = event.assessment
        if event.seal:
            self._remembered(event.position, event.seal)
        if event.left:
            self.left[event.position] = event.left
        if event.act:
            self.acts[event.act[0]] = event.act[1]
            self.unsliced |= event.act[2]

    def _remembered(self, position: int, fact: dict[str, Any]) -> None:
        """What the record says that it was: at that size the tree had that root; or that it was signed anew."""
        if fact["type"] == "seal.log_restarted":
            self.note(
                f"!! position {position}: signed anew, what was signed was lost: {fact['reason']}",
                f"!! 순번 {position}: 서명한 것을 잃어 다시 서명함. 사유: `{fact['reason']}`",
            )
            self.note(
                f"!! Checkpoints over less than {fact['size']} events that anybody kept are to be compared.",
                f"!! 기록 {fact['size']}건에 미치지 않는 체크포인트를 보관한 사람은 대조할 것.",
            )
        elif subtrees := self.recent.get(fact["size"]):
            if root_of(subtrees).hex() != fact["root"]:
                raise Wrong(
                    f"position {position} says that the first {fact['size']} events were others",
                    f"순번 {position}에 적힌 처음 {fact['size']}건의 루트 해시값과 다름",
                )
            self.remembered += 1

    def _remarks(self, gaps: int = 0) -> None:
        for position, digest in sorted(self.left.items()):
            if self.acts.get(position) != digest:
                raise Wrong(
                    f"first wrong place: position {position}: redacted, and no act says that this is what is left",
                    f"처음 어긋난 곳: 순번 {position}: 파기되었으나, 남은 내용이 이것이라는 파기 기록이 없음",
                )
        if self.left:
            self.note(
                f"{len(self.left)} events lost content by law; what is left is what acts of redaction say",
                f"법에 따라 내용이 파기된 기록 {len(self.left)}건: 남은 내용이 파기 기록에 적힌 것과 같음",
            )
        if self.remembered:
            self.ok(
                f"{self.remembered} checkpoints that the record remembers are of these events",
                f"원장에 적힌 체크포인트 {self.remembered}개가 이 기록들의 것임",
            )
        if gaps:
            self.note(
                "the positions have gaps: the order of events is proven, their numbers are not",
                "순번에 빈 번호가 있음: 기록의 순서는 증명되나 번호는 증명되지 않음",
            )

    def _edition(self, pack: Pack, head: Checkpoint) -> None:
        """What the edition says is what a proven event published, and comes from the rows under evidence/."""
        content, about = pack.read("edition/content.json"), json.loads(pack.read("edition/edition.json"))
        digest = hashlib.sha256(content).hexdigest()
        with self.told():
            digest = next((it for it, left in self.unsliced.items() if left == digest), digest)
            if not (acts := self.editions.get(digest)):
                told = ", ".join(self.editions)
                raise Wrong(
                    f"edition/content.json has the digest {digest}; what the events published is {told or 'nothing'}",
                    f"edition/content.json의 해시값은 {digest}, 기록이 공표한 것은 {told or '없음'}",
                )
            given = about["key"]
            act = next((it for it in acts if it["key"] == given), acts[0])
            key = act["key"]
            if strange := [name for name in {**key, **given} if key.get(name) != given.get(name)]:
                raise Wrong(
                    f"edition/edition.json has another key than was published: {', '.join(strange)}",
                    f"edition/edition.json의 식별키가 공표된 것과 다름: {', '.join(strange)}",
                )
            if key["checkpoint"] != hashlib.sha256(head.note.body).hexdigest():
                raise Wrong(
                    "log/checkpoint is not the one that the key of the edition names",
                    "log/checkpoint가 공표본 식별키에 적힌 것이 아님",
                )
            named = f"{key['period']}/{act.get('edition', 1)}"
            if (told := json.loads(pack.read("manifest.json")).get("edition", named)) != named:
                raise Wrong(
                    f"manifest.json is of the edition {told}, what is in the pack is {named}",
                    f"manifest.json의 공표본은 {told}, 묶음에 들어 있는 공표본은 {named}",
                )
            self.proven.add("edition/content.json")
            self.ok(
                f"edition {named} says what a proven event published: {digest}",
                f"공표본 {named}의 내용이 증명된 기록이 공표한 것과 같음: {digest}",
            )
        with self.told():
            self._assessments(json.loads(content).get("assessments", []), about.get("assessments", []))
        figures: dict[str, list[dict[str, Any]]] = {}
        for it in json.loads(content)["figures"]:
            figures.setdefault(it["indicator"], []).append(it)
        aggregates = {it["code"]: it["aggregate"] for it in about["indicators"]}
        wrongs, again = self.wrongs, 0
        for code, them in figures.items():
            with self.told():
                again += self._figures(pack, code, aggregates[code], them)
        count = sum(map(len, figures.values()))
        withheld = sum(it.get("withheld", False) for them in figures.values() for it in them)
        if self.wrongs == wrongs:
            self._again(count - withheld, again)
        if withheld:
            self.note(
                f"{withheld} figures are withheld: few persons are behind them, or they would give such away",
                f"비공개 수치 {withheld}건: 해당 인원이 적거나, 그러한 수치를 역산할 수 있음",
            )

    def _again(self, figures: int, again: int) -> None:
        """How many figures have their entries in the pack, and how many the verifier made of them."""
        self.ok(
            f"{figures} figures have their entries under evidence/, {again} are made again of them",
            f"수치 {figures}건의 근거 기록이 evidence/에 있고, 그중 {again}건은 다시 계산하여 같음",
        )
        if rest := figures - again:
            self.note(
                f"not made again here: {rest} figures; sql/again.sql makes them",
                f"여기서 다시 계산하지 않은 수치 {rest}건: sql/again.sql로 계산함",
            )

    def _contents(self, pack: Pack, names: Sequence[str]) -> None:
        """What the pack holds of editions is what proven events published, or what acts of redaction left of it."""
        for name in names:
            published = name.removeprefix("editions/").removesuffix(".json")
            digest = hashlib.sha256(pack.read(name)).hexdigest()
            if published not in self.editions:
                raise Wrong(
                    f"{name} is of no edition that the events published", f"기록이 공표한 공표본이 아님: {name}"
                )
            if digest not in (published, self.unsliced.get(published)):
                raise Wrong(
                    f"{name} says something else than was published: it has the digest {digest}",
                    f"{name}의 내용이 공표된 것과 다름: 해시값은 {digest}",
                )
        self.proven.update(names)
        self.ok(
            f"{len(names)} editions say what proven events published",
            f"공표본 {len(names)}개의 내용이 증명된 기록이 공표한 것과 같음",
        )

    def _assessments(self, content: list[dict[str, Any]], about: list[dict[str, Any]]) -> None:
        """What hubs assessed in words is what proven events say."""
        if [(it["position"], it["digest"]) for it in content] != [(it["position"], it["digest"]) for it in about]:
            raise Wrong(
                "edition/edition.json tells other assessments than edition/content.json",
                "edition/edition.json의 질적 평가가 edition/content.json과 다름",
            )
        for it in about:
            position = it["position"]
            if self.sealed.get(position) != it["digest"]:
                raise Wrong(
                    f"the assessment at position {position} is not a proven event of this pack",
                    f"순번 {position}의 질적 평가는 이 묶음에서 증명된 기록이 아님",
                )
            fact = self.assessed.get(position, {})
            if strange := [name for name in ("text_ko", "text_en", "evidence") if it.get(name) != fact.get(name)]:
                raise Wrong(
                    f"the assessment at position {position} says something else than the event: {strange[0]}",
                    f"순번 {position}의 질적 평가가 기록과 다름: {strange[0]}",
                )
        if about:
            self.ok(
                f"{len(about)} assessments are what proven events say",
                f"질적 평가 {len(about)}건이 증명된 기록과 같음",
            )

    def _figures(self, pack: Pack, code: str, aggregate: str, figures: Sequence[dict[str, Any]]) -> int:
        """How many figures of an indicator its evidence makes again. Raises Wrong for the first that it does not."""
        behind: dict[tuple[str | None, str | None], list[dict[str, str]]] = {(None, None): []}
        for row in self._evidence(pack, code):
            for by in (None, "hub", "ministry", "region", "field", "country"):
                behind.setdefault((by, (by and row[by]) or None), []).append(row)
        # A CSV does not tell an empty cell from none; a hub is never none, other slices are never empty.
        if strange := {*behind} - {(it["by"], it["of"] or None) for it in figures}:
            by, of = min(strange, key=str)
            raise Wrong(
                f"evidence/{code}.csv has entries of {by} {of}, the edition has no figure of it",
                f"evidence/{code}.csv에는 {by} {of}의 기록이 있으나 공표본에는 그 수치가 없음",
            )
        again = 0
        for it in figures:
            rows = behind.get((it["by"], it["of"] or None), [])
            en = f"{code} of {it['by']} {it['of']}" if it["by"] else f"{code} of all together"
            ko = f"{code}({it['by']} {it['of']})" if it["by"] else f"{code}(전체)"
            if it.get("withheld"):
                if (it["value"], it["evidence"], it["missing"]) != (None, None, None):
                    raise Wrong(
                        f"{en}: the edition withholds it and tells it all the same",
                        f"{ko}: 공표본이 비공개로 하였으나 값이 적혀 있음",
                    )
                continue
            again += made_again(Said(f"{en}: the edition", f"{ko}: 공표본"), it, aggregate, rows)
        return again

    def _evidence(self, pack: Pack, code: str) -> list[dict[str, str]]:
        """The entries behind an indicator, each where and when a proven event says."""
        found = []
        for row in _rows(pack, f"evidence/{code}.csv"):
            position = int(row["position"])
            if position not in self.sealed:
                raise Wrong(
                    f"evidence/{code}.csv names position {position}: no proven event is there",
                    f"evidence/{code}.csv에 있는 순번 {position}: 증명된 기록이 없음",
                )
            if row.get("stream", self.streams[position]) != self.streams[position]:
                raise Wrong(
                    f"evidence/{code}.csv: position {position} is on {self.streams[position]}",
                    f"evidence/{code}.csv: 순번 {position}의 대상은 {self.streams[position]}",
                )
            if code not in COMPUTED and _instant(row["occurred_at"]) not in map(_instant, self.moments[position]):
                raise Wrong(
                    f"evidence/{code}.csv: position {position} did not happen at {row['occurred_at']}",
                    f"evidence/{code}.csv: 순번 {position}의 발생 시각이 {row['occurred_at']} 아님",
                )
            self.undated += code in COMPUTED
            found.append(row)
        self.placed += len(found)
        return found

    def _told(self, pack: Pack) -> None:
        """Figures by hub and half-year are made of the rows under evidence/, and figures.csv says the same."""
        figures = json.loads(pack.read("figures/figures.json"))
        fields = ("code", "version", "hub", "period", "evidence", "missing")
        told = [[*("" if it[name] is None else str(it[name]) for name in fields), it["value"]] for it in figures]
        listed = [
            [*(row[name] for name in fields), float(row["value"]) if row["value"] else None]
            for row in _rows(pack, "figures/figures.csv")
        ]
        if strange := next((row or it for it, row in itertools.zip_longest(told, listed) if it != row), None):
            where = " ".join(map(str, strange))
            raise Wrong(
                f"figures/figures.csv differs from figures/figures.json at {where}",
                f"figures/figures.csv와 figures/figures.json이 다른 곳: {where}",
            )
        again = 0
        for name in sorted(name for name in pack.names if re.fullmatch(r"evidence/[^/]+\.csv", name)):
            code = name.removeprefix("evidence/").removesuffix(".csv")
            cells: dict[tuple[str, str], list[dict[str, str]]] = {}
            for row in self._evidence(pack, code):
                cells.setdefault((row["hub"], row["period"]), []).append(row)
            them = {(it["hub"] or "", it["period"]): it for it in figures if it["code"] == code}
            if strange := cells.keys() ^ them.keys():
                raise Wrong(
                    f"{code} of {' in '.join(min(strange))} has entries and no figure, or a figure and no entries",
                    f"{code}({' '.join(min(strange))}): 근거 기록만 있고 수치가 없거나, 수치만 있고 근거 기록이 없음",
                )
            for cell, it in them.items():
                at = f"sql/indicators/{code.lower().replace('-', '_')}/{it['version']}"
                said = AGGREGATE.search(pack.read(f"{at}.{'toml' if f'{at}.toml' in pack.names else 'sql'}").decode())
                aggregate = said[1] or said[2] if said else ""
                who = Said(f"{code} of {' in '.join(cell)}: figures.json", f"{code}({' '.join(cell)}): figures.json")
                again += made_again(who, it, aggregate, cells[cell])
        if without := {it["code"] for it in figures} - {
            name[9:-4] for name in pack.names if name.startswith("evidence/")
        }:
            raise Wrong(
                f"{min(without)} has figures, and no evidence/{min(without)}.csv is in the pack",
                f"{min(without)}: 수치는 있으나 evidence/{min(without)}.csv가 묶음에 없음",
            )
        self._again(len(figures), again)

    def proof(self, path: Path, event: Path | None) -> None:
        """One event and its C2SP tlog-proof, which may carry the event, or what the log has of it, as `extra`."""
        top, _, note = self._kept(path).partition(b"\n\n")
        found = re.fullmatch(rb"c2sp.org/tlog-proof@v1\n(?:extra (\S*)\n)?index (0|[1-9]\d*)((?:\n\S{44})*)", top)
        if not found:
            raise Wrong(f"{path} does not read as a tlog-proof", f"tlog-proof 형식이 아님: {path}")
        index, proof, extra = int(found[2]), found[3].decode().split(), unbase64(found[1] or b"")
        if not event and ENTRY.fullmatch(extra.decode(errors="replace")):
            it = Event(index + 1, extra.decode().rpartition("\n")[0].split("\n")[0], extra)
            self.short = len(extra) == 65
        elif stored := (event.read_bytes().removeprefix(b"\xef\xbb\xbf") if event else extra).strip():
            line = LINE.fullmatch(stored)
            it = Event.parse(int(line[1]), line[2]) if line else Event.parse(index + 1, stored)
        else:
            raise Unchecked("give the event's JSON with --event", "기록의 JSON을 --event로 지정할 것")
        self.included(it, index, proof, self.checkpoint(note))
        unproven = self.short and it.left
        told = " ".join((it.digest if unproven else it.entry).decode().split())
        self.ok(f"number {index + 1} of the signed record is {told}", f"서명된 원장의 {index + 1}번째 기록: {told}")
        if it.left:
            en = "the digest of what it was is" if unproven else "its stream, version and type are"
            ko = "원래 내용의 해시값은" if unproven else "대상, 버전, 유형은"
            self.note(
                f"it lost content by law; {en} proven, what is left of it is not",
                f"법에 따라 내용이 파기됨. {ko} 증명되나 남은 내용은 증명되지 않음",
            )

    def url(self, url: str, token: str | None) -> None:
        """A log as C2SP tlog-tiles: every entry and tile and, with a token, every event."""
        prefix = url.rstrip("/") + ("" if url.rstrip("/").endswith("/log") else "/v1/log")
        fetch = _fetch(token)
        head = self.checkpoint(fetch(prefix + "/checkpoint"))
        events = _events(_pages(prefix.removesuffix("log") + "events", fetch)) if token else None
        tree, gaps, above = Tree(), 0, list[bytes]()
        self.grown(tree)
        for entries, tile in _tiles(prefix, fetch, head.size):
            for at, entry in enumerate(entries):
                said = entry.partition(b"\n")[0].decode(errors="replace")
                en = f"first wrong place: number {tree.size + 1} of the log, {said}"
                ko = f"처음 어긋난 곳: 원장의 {tree.size + 1}번째 기록, {said}"
                hash_ = leaf(entry)
                if hash_ != tile[32 * at : 32 * at + 32]:
                    raise Wrong(f"{en}: the entry is not the one of its tile", f"{ko}: 타일의 기록과 다름")
                self.short = len(entries[0]) == 65 if self.short is None else self.short
                if events:
                    event = next(events, None)
                    if event is None or (event.digest if self.short else event.entry) != entry:
                        place = event.place if event else Said("its end", "기록의 끝")
                        raise Wrong(
                            f"{en}: what was sealed is not the server's event at {place.en}",
                            f"{ko}: 봉인된 것이 서버의 기록과 다름({place.ko})",
                        )
                    gaps += event.position != tree.size + 1
                    self.seen(event)
                tree.append(hash_)
                self.grown(tree)
            above += [Tree(tile).root] if len(entries) == 256 else []
            self.progress("events", tree.size, head.size)
        if tree.root != head.root:
            raise Wrong(
                "the tiles do not make the signed root: the log serves another record than it signed",
                "타일이 서명된 루트 해시값을 이루지 않음: 서명한 것과 다른 원장을 제공함",
            )
        level = 1
        while above:
            tiles = b"".join(fetch(f"{prefix}/tile/{level}/{name}") for name in _names(len(above)))
            if tiles != b"".join(above):
                raise Wrong(
                    f"the tiles of level {level} are not made of those below",
                    f"{level}단계의 타일이 아래 단계의 타일로 만든 것이 아님",
                )
            above = [Tree(tiles[at : at + 8192]).root for at in range(0, len(tiles) - 8191, 8192)]
            level += 1
        self.ok(
            f"{tree.size} entries make the signed root and all tiles: none changed, missing, added or moved",
            f"기록 {tree.size}건이 서명된 루트 해시값과 모든 타일을 이룸: 변경, 누락, 추가, 이동된 기록이 없음",
        )
        if events:
            self.ok(
                f"{tree.size} events of the server have the digests that were sealed",
                f"서버의 기록 {tree.size}건의 해시값이 봉인된 것과 같음",
            )
        else:
            self.note(
                "the events were not read: that takes a token of the record in SAGWAN_TOKEN",
                "기록의 내용은 읽지 않음: SAGWAN_TOKEN에 토큰이 있어야 함",
            )
        self._remarks(gaps)


def visible(text: str) -> str:
    """A line in which nothing that a pack or a server says ends the line, moves the cursor or turns the writing round:
    one of its own might be taken for the verdict."""
    return "".join(it if it.isprintable() else it.encode("unicode_escape").decode() for it in text)


def made_again(who: Said, it: dict[str, Any], aggregate: str, rows: Sequence[dict[str, str]]) -> bool:
    """Whether the aggregate is known here; Raises Wrong where the figure is not what it makes of the rows."""
    entries = len({row["key"] for row in rows}) if "each_once(" in aggregate else len(rows)
    counted = (entries, sum(row["amount"] == "" or row.get("against") == "" for row in rows))
    told, made = (it["evidence"], it["missing"]), computed(aggregate, rows)
    if told != counted:
        raise Wrong(
            f"{who.en} counts {told} entries and without amount, its evidence {counted}",
            f"{who.ko}: 근거 기록 수와 미산입 건수가 {told}, 근거 기록으로는 {counted}",
        )
    if it.get("rate_sets") is not None:
        rates = sum(int(row["rate_age"] or 0) > 0 for row in rows), sorted({row["rate_set"] for row in rows} - {""})
        if (it["earlier_rate"], it["rate_sets"]) != rates:
            raise Wrong(
                f"{who.en} says it was converted by {it['rate_sets']}, its evidence names {rates[1]}",
                f"{who.ko}: 적용 환율표가 {it['rate_sets']}, 근거 기록으로는 {rates[1]}",
            )
    if made is ...:
        return False
    value = None if it["value"] is None else float(it["value"])
    if (made is None) != (value is None) or abs((made or 0) - (value or 0)) > 1e-6 + 1e-9 * abs(made or 0):
        raise Wrong(
            f"{who.en} says {it['value']}, its evidence makes {made}",
            f"{who.ko}: 값이 {it['value']}, 근거 기록으로는 {made}",
        )
    return True


def _rows(pack: Pack, name: str) -> Iterator[dict[str, str]]:
    """The rows of a CSV file, without the mark before texts that a spreadsheet would calculate, where packs have it."""
    mark = "'" if json.loads(pack.read("manifest.json")).get("formulas") == "escaped" else ""
    with pack.open(name) as file:
        for row in csv.DictReader(io.TextIOWrapper(file, "utf-8-sig", newline="")):
            yield {key: text.removeprefix(mark) for key, text in row.items()}


def _instant(text: str) -> datetime:
    """A moment, in UTC where nothing else is said."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def computed(aggregate: str, rows: Sequence[dict[str, str]]) -> Any:
    """What an aggregate makes of evidence: a number, None where nothing makes one, `...` for one not known here."""
    amounts = sorted(float(row["amount"]) for row in rows if row["amount"])
    against = math.fsum(float(row["against"]) for row in rows if row.get("against"))
    plain, total, last = aggregate.removeprefix("100 * ").replace("::DOUBLE", ""), math.fsum(amounts), len(amounts) - 1
    if plain in ("count(*)", "count(DISTINCT key)"):
        return len(rows) if plain == "count(*)" else len({row["key"] for row in rows} - {""})
    if plain == "quantile_cont(amount, 0.9)" and amounts:
        at = int(0.9 * last)
        return amounts[at] + (0.9 * last - at) * (amounts[min(at + 1, last)] - amounts[at])
    untold = any(row["amount"] == "" for row in rows)
    known: dict[str, Callable[[], float | None]] = {
        "each_once(list(key), list(amount))": lambda: math.fsum(
            amount for _, amount in {(row["key"], float(row["amount"])) for row in rows if row["amount"]}
        ),
        "ratio(list(amount), list(against))": lambda: total / against if against and (total or not untold) else None,
        "sum(amount)": lambda: total,
        "sum(amount) / 30.4375": lambda: total / 30.4375,
        "sum(amount) / nullif(sum(against), 0)": lambda: total / against if against else None,
        "avg(amount)": lambda: total / len(amounts),
        "median(amount)": lambda: statistics.median(amounts),
    }
    if plain not in known:
        return ...
    made = known[plain]() if amounts else None
    return made and made * (100 if aggregate.startswith("100 * ") else 1)


def _misplaced(hash_: bytes, leaves: bytes, rank: int) -> Said:
    """What is wrong with a leaf that is not the one of its rank."""
    places = (at.start() for at in re.finditer(re.escape(hash_), leaves))
    number = next((at // 32 + 1 for at in places if at % 32 == 0), None)
    if number is None:
        return Said(
            "the record has no such event: it was changed or inserted",
            "원장에 없는 기록임: 변경되었거나 삽입됨",
        )
    return Said(
        f"it is number {number} of the record, not {rank + 1}: events were dropped or moved before it",
        f"원장의 {rank + 1}번째가 아닌 {number}번째 기록임: 앞의 기록이 빠졌거나 옮겨짐",
    )


def _names(hashes: int) -> Iterator[str]:
    """The names of the tiles that hold so many hashes (C2SP tlog-tiles)."""
    for tile in range(-(-hashes // 256)):
        first, *groups = f"{tile:,}".split(",")
        width = min(256, hashes - 256 * tile)
        *groups, last = first.zfill(3), *groups
        yield "".join(f"x{it}/" for it in groups) + last + (f".p/{width}" if width < 256 else "")


def _tiles(prefix: str, fetch: Fetch, size: int) -> Iterator[tuple[list[bytes], bytes]]:
    """The entries of each bundle and the tile of their hashes, some fetched ahead."""

    def pair(name: str) -> tuple[list[bytes], bytes]:
        bundle, entries, at = fetch(f"{prefix}/tile/entries/{name}"), list[bytes](), 0
        while at < len(bundle):
            end = at + 2 + int.from_bytes(bundle[at : at + 2], "big")
            entries.append(bundle[at + 2 : end])
            at = end
        tile = fetch(f"{prefix}/tile/0/{name}")
        if not 32 * len(entries) == len(tile) == 32 * int(name.partition(".p/")[2] or 256):
            raise Wrong(
                f"tile {name} or its entries are not of the size that the checkpoint demands",
                f"타일 {name} 또는 그 기록의 크기가 체크포인트와 맞지 않음",
            )
        return entries, tile

    names = _names(size)
    with ThreadPoolExecutor(8) as pool:
        while some := list(itertools.islice(names, 64)):
            yield from pool.map(pair, some)


def _pages(url: str, fetch: Fetch) -> Iterator[bytes]:
    after = b"0"
    while page := fetch(f"{url}?after={after.decode()}&limit=5000&format=ndjson"):
        for line in page.splitlines():
            yield line
            after = line[len(b'{"position":') : line.index(b",")]


def _fetch(token: str | None) -> Fetch:
    import urllib.error
    import urllib.request
    from http.client import HTTPException

    def fetch(url: str) -> bytes:
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                if count := answer.headers.get("Sagwan-Withheld"):
                    raise Unchecked(
                        f"{count} events or more are not for this token; an auditor's reads all",
                        f"이 토큰으로 볼 수 없는 기록이 {count}건 이상 있음. 감사 담당의 토큰은 모두 읽음",
                    )
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            if error.code == 404 and "/tile/" in url:
                raise Wrong(
                    f"the log lacks a tile that its checkpoint demands: {url}",
                    f"체크포인트에 있어야 할 타일이 원장에 없음: {url}",
                ) from None
            raise Unchecked(
                f"{url} answered {error.code} {error.reason}", f"{url}의 응답: {error.code} `{error.reason}`"
            ) from None
        except HTTPException as error:
            raise Unchecked(f"{url} broke off: {error!r}", f"{url}의 응답이 중간에 끊김: `{error!r}`") from None

    return fetch


KOREAN = """\
Sagwan(사관)의 기록 또는 그 일부가 원장에 서명된 그대로인지 확인합니다. Python 3.11과 `cryptography` 패키지가
필요합니다.

    python verify.py                            이 파일이 들어 있는 증빙 묶음(압축을 푼 폴더)
    python verify.py PACK.zip                   증빙 묶음, zip 파일 또는 폴더
    python verify.py --url https://record.kr    HTTP로 제공되는 원장. SAGWAN_TOKEN에 토큰이 있으면 모든 기록도 확인
    python verify.py --proof X.tlog-proof --event X.json    기록 한 건

신뢰하는 키는 확인 대상이 아닌 다른 경로로 받아 지정하십시오. --key는 원장의 키, --witness는 입회인의 키,
--quorum은 서명이 필요한 입회인의 수입니다. --earlier는 전에 보관한 체크포인트이며, 기록은 그때의 기록으로
시작하여야 합니다.

증명하는 것: 원장은 RFC 6962의 머클 트리이며 n번째 잎이 n번째 기록입니다. 잎은 기록의 JSON에 대한 SHA-256 한
줄이고, 이전 원장에서는 그 앞에 대상, 버전, 유형의 세 줄이 더 있습니다. 체크포인트는 트리의 크기와 루트 해시값에
서명한 것입니다. 기록들로 그 루트 해시값이 만들어지면 변경, 누락, 삽입, 이동된 기록이 없습니다. 법에 따라 내용이
파기된 기록은 `redacted`로 표시되고 원래의 해시값이 남으며, 남은 내용은 나중의 기록 `entry.redacted`에 적힌 것과
같아야 합니다.

공표본의 묶음에는 공표한 기록도 들어 있습니다. 공표본의 내용은 그 기록에 적힌 해시값과 맞아야 하고, 모든 수치는
evidence/의 기록으로 계산되어야 합니다.

묶음의 나머지는 기록이 밝힌 내용일 뿐입니다. manifest.json은 모든 파일의 목록이며 원장의 키로 서명되어 있습니다.
결과에는 증명된 것, 서명만 된 것, 증명도 서명도 되지 않은 것이 적힙니다.

이 파일은 확인할 묶음이 아닌 다른 경로로 받으십시오. 묶음 안의 것을 실행하지 않으며 SQL도 실행하지 않습니다.

결과: PROVEN 증명됨, NOT PROVEN 증명되지 않음, NOT SIGNED 서명 없음, NOT CHECKED 확인하지 못함. 줄 앞의 ok는
확인되어 맞는 것, NOTE는 참고, WRONG은 어긋난 것입니다. 이 낱말들은 부호이며 언어에 따라 바뀌지 않습니다.

종료 코드 0: 확인한 것이 모두 맞음. 1: 어긋난 것이 있으며 처음 어긋난 곳을 표시함. 2: 확인하지 못함.
3: 증명된다고 적은 것은 맞으나, 묶음의 나머지에는 서명이 없음.
"""


def language(words: Sequence[str]) -> str:
    """`--lang`, else what the environment says, as POSIX orders it; English where that is no language of ours."""
    first = argparse.ArgumentParser(add_help=False)
    first.add_argument("--lang")
    names = ("SAGWAN_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    said = first.parse_known_args(words)[0].lang or next(filter(None, map(os.environ.get, names)), "")
    return "ko" if said[:2].lower() == "ko" else "en"


class Parser(argparse.ArgumentParser):
    """Says in Korean what `argparse` says in English."""

    korean = False

    def format_usage(self) -> str:
        return self._said(super().format_usage())

    def format_help(self) -> str:
        return self._said(super().format_help())

    def _said(self, text: str) -> str:
        return text.replace("usage:", "사용법:", 1) if self.korean else text

    def error(self, message: str) -> NoReturn:
        for english, korean in MISTAKES.items() if self.korean else ():
            message = re.sub(english, korean, message)
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: {'오류' if self.korean else 'error'}: {message}\n")


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    lang = language(sys.argv[1:] if words is None else words)
    ko, raw = lang == "ko", argparse.RawDescriptionHelpFormatter
    parser = Parser(description=KOREAN if ko else __doc__, formatter_class=raw, add_help=False)
    parser.korean = ko
    them = parser.add_argument_group("인자" if ko else "arguments")

    def add(*names: str, help: Said, **how: Any) -> None:
        them.add_argument(*names, help=help.ko if ko else help.en, **how)

    add("pack", nargs="?", type=Path, default=Path(__file__).absolute().parent, help=Said("a pack", "증빙 묶음"))
    add("-h", "--help", action="help", help=Said("show this and exit", "이 도움말을 표시"))
    add("--lang", choices=("ko", "en"), default=lang, help=Said("the language of the report", "결과의 언어"))
    add(
        "--url",
        help=Said("a server, or the prefix of a log, which ends in /log", "서버, 또는 /log로 끝나는 원장의 주소"),
    )
    add("--proof", type=Path, help=Said("a .tlog-proof", ".tlog-proof 파일"))
    add(
        "--event", type=Path, help=Said("the event's JSON, as the record gives it", "기록의 JSON, 기록이 제공한 그대로")
    )
    vkey: dict[str, Any] = {"action": "append", "default": [], "metavar": "VKEY"}
    add("--key", **vkey, help=Said("the log's verifier key", "원장의 공개키"))
    add("--witness", **vkey, help=Said("a witness's verifier key", "입회인의 공개키"))
    quorum = Said(
        "how many witnesses must have signed; by default all", "서명이 필요한 입회인의 수. 지정하지 않으면 전부"
    )
    add("--quorum", type=int, metavar="N", help=quorum)
    kept = Said("a checkpoint kept", "보관한 체크포인트")
    add("--earlier", action="append", default=[], type=Path, metavar="FILE", help=kept)
    return parser.parse_args(words)


MISTAKES = {
    r"unrecognized arguments: ": "알 수 없는 인자: ",
    r"argument (\S+): ": r"인자 \1: ",
    r"expected one argument": "값이 필요함",
    r"invalid int value: (\S+)": r"정수가 아님: \1",
    r"invalid choice: (\S+) \(choose from (.+)\)": r"쓸 수 없는 값: \1. 쓸 수 있는 값: \2",
}
"""What `argparse` says of arguments, and its Korean; what it says otherwise stays as it is."""


def run(check: Check, token: str | None = None) -> int:
    """Checks what was asked for; the exit code. `token` opens the events of a server."""
    asked = check.asked
    try:
        with check.told():
            if asked.url:
                check.url(asked.url, token)
            elif asked.proof:
                check.proof(asked.proof, asked.event)
            else:
                check.pack(asked.pack)
    except Exception as error:  # whatever a broken file or network brings about
        why = error.said if isinstance(error, Told) else _fault(error)
        check.said(check.pick(f"NOT CHECKED: {why.en}", f"NOT CHECKED(확인하지 못함): {why.ko}"))
        return 1 if check.wrongs else 2
    if check.wrongs:
        check.said(
            check.pick(f"NOT PROVEN: {check.wrongs} wrong", f"NOT PROVEN(증명되지 않음): 어긋난 것 {check.wrongs}건")
        )
    elif check.unsigned:
        en = "what is named as proven by the log is; nothing signs the rest, figures included"
        ko = "원장으로 증명된다고 적은 것만 증명되며, 수치를 포함한 나머지에는 서명이 없음"
        check.said(check.pick(f"NOT SIGNED: {en}", f"NOT SIGNED(서명 없음): {ko}"))
    elif asked.key:
        check.said(check.pick("PROVEN, as far as the lines with `ok` say", "PROVEN(증명됨): `ok`로 적힌 범위에서"))
    else:
        en = "PROVEN IF THE KEY THAT CAME WITH IT IS THE LOG'S, as far as the lines with `ok` say"
        ko = "PROVEN(증명됨): 함께 제공된 키가 원장의 키인 경우에 한하여, `ok`로 적힌 범위에서"
        check.said(check.pick(en, ko))
    return 1 if check.wrongs else 3 if check.unsigned else 0


def _fault(error: Exception) -> Said:
    """What the system or a library says went wrong; its own words, where they are not known here, as they are."""
    if isinstance(error, FileNotFoundError):
        return Said(f"there is no {error.filename}", f"파일이 없음: {error.filename}")
    if isinstance(error, zipfile.BadZipFile):
        return Said(f"this is no zip file, or a damaged one: {error}", f"zip 파일이 아니거나 손상됨: `{error}`")
    said = str(error) or repr(error)
    kind = "파일이나 서버에 접근할 수 없음" if isinstance(error, OSError) else "읽을 수 없는 내용이 있음"
    return Said(said, f"{kind}: `{said}`")


def _meter(korean: bool) -> Callable[[str, int, int], None]:
    words = {"events": "기록", "files": "파일"} if korean else {}

    def step(what: str, done: int, total: int) -> None:
        if sys.stderr.isatty() and (done == total or time.monotonic() % 1 < 0.2):
            told = f"{words.get(what, what)} {done:,}" + (f"/{total:,} " if korean else f" of {total:,} ")
            print(f"\r{told}" + ("\n" if done == total else ""), end="", file=sys.stderr)

    return step


if __name__ == "__main__":
    given = arguments()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(run(Check(given, progress=_meter(given.lang == "ko")), os.environ.get("SAGWAN_TOKEN")))
