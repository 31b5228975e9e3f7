#!/usr/bin/env python3
"""Checks that a Sagwan (사관) record, or a part of it, is what its log signed. Needs Python 3.11 and `cryptography`.

    python verify.py                            the unpacked evidence pack that this file lies in
    python verify.py PACK.zip                   an evidence pack, zipped or as a folder
    python verify.py --url https://record.kr    a log over HTTP; with a token in SAGWAN_TOKEN, every event too
    python verify.py --proof X.tlog-proof --event X.json    one event

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
from typing import IO, Any, NamedTuple

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
Fetch = Callable[[str], bytes]
unbase64 = base64.b64decode


class Wrong(Exception):
    """Something is not as it must be."""


class Unchecked(Exception):
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
        raise Unchecked(f"this is no Ed25519 verifier key: {text.strip()!r}")

    def signed(self, body: bytes, signature: bytes) -> bool:
        try:
            from cryptography.exceptions import InvalidSignature
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        except ImportError:
            raise Unchecked("signatures need the package `cryptography`: pip install cryptography") from None
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

    what: str
    body: bytes
    signatures: list[tuple[str, bytes]]

    @classmethod
    def read(cls, what: str, note: bytes) -> Note:
        body, _, tail = note.rpartition(b"\n\n")
        with contextlib.suppress(ValueError):
            lines = [line.split(" ") for line in tail.decode().removesuffix("\n").split("\n")]
            signatures = [(name, unbase64(text, validate=True)) for dash, name, text in lines if dash == "—"]
            if len(signatures) == len(lines):
                return cls(what, body + b"\n", signatures)
        raise Wrong(f"the {what} does not read as one")

    def signers(self, keys: Sequence[Key]) -> int:
        """How many of the keys signed it. Raises Wrong for a bad signature that a key's name stands on."""
        signers = set()
        for key in keys:
            for name, signature in self.signatures:
                if name == key.name and signature[:4] == key.id:
                    if not key.signed(self.body, signature[4:]):
                        raise Wrong(f"the signature of {name} is not over this {self.what}: one of them was changed")
                    signers.add(key.public)
        return len(signers)


class Checkpoint(NamedTuple):
    origin: str
    size: int
    root: bytes
    note: Note

    @classmethod
    def parse(cls, text: bytes) -> Checkpoint:
        note = Note.read("checkpoint", text)
        if found := CHECKPOINT.fullmatch(note.body):
            with contextlib.suppress(ValueError):
                return cls(found[1].decode(), int(found[2]), unbase64(found[3]), note)
        raise Wrong("the checkpoint does not read as one")

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
        raise Wrong(f"position {position}: this is no event")

    @property
    def digest(self) -> bytes:
        """The line of the digest, which is all that newer logs have of an event."""
        return self.entry[-65:]

    def __str__(self) -> str:
        return f"position {self.position}, {self.stream}"


class Pack:
    """The files of an evidence pack, in a zip file or a folder."""

    open: Callable[[str], IO[bytes]]

    def __init__(self, path: Path) -> None:
        if path.is_dir():
            self.names = [it.relative_to(path).as_posix() for it in sorted(path.rglob("*")) if it.is_file()]
            self.open = lambda name: (path / name).open("rb")
        else:
            archive = zipfile.ZipFile(path)
            self.names = [name for name in archive.namelist() if not name.endswith("/")]
            self.open = archive.open
        if not {"manifest.json", "events.ndjson", "log/checkpoint"} <= set(self.names):
            raise Unchecked(f"{path} is no evidence pack: manifest.json, events.ndjson or log/checkpoint is not there")

    def read(self, name: str) -> bytes:
        with self.open(name) as file:
            return file.read()

    def events(self, name: str = "events.ndjson") -> Iterator[Event]:
        with self.open(name) as file:
            yield from _events(file)


def _events(lines: Iterable[bytes]) -> Iterator[Event]:
    """The events of NDJSON lines; the stored JSON is taken byte for byte."""
    last = 0
    for line in lines:
        found = LINE.fullmatch(line)
        if not found or int(found[1]) <= last:
            raise Wrong(f"behind position {last} comes what is no event, or one out of order")
        last = int(found[1])
        yield Event.parse(last, found[2])


class Check:
    """One run. `said` takes each line of the report; `wrongs` counts what is wrong."""

    def __init__(
        self,
        asked: argparse.Namespace,
        said: Callable[[str], None] = print,
        progress: Callable[[str, int, int], None] = lambda *_: None,
    ) -> None:
        self.asked, self.said, self.progress = asked, said, progress
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
            self.said(f"WRONG  {wrong}")

    def ok(self, what: str) -> None:
        self.said(f"ok     {what}")

    def note(self, what: str) -> None:
        self.said(f"NOTE   {what}")

    def checkpoint(self, note: bytes, offered: Sequence[str] = ()) -> Checkpoint:
        """Reads a checkpoint and checks who signed it; `offered` are keys that came with it."""
        head = Checkpoint.parse(note)
        self.said(f"       {head.origin}: {head.size} events, root {base64.b64encode(head.root).decode()}")
        self.keys = [Key.parse(text) for text in self.asked.key or offered]
        if not self.keys:
            raise Unchecked("give the log's verifier key with --key")
        with self.told():
            self.signed(head)
            self.ok("the checkpoint is signed with the log's key")
        if not self.asked.key:
            self.note("!! That key came with what it vouches for: whoever forged the one could forge the other.")
            self.note("!! Get the log's key elsewhere, such as from the committee, and give it with --key.")
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
                f"{path} was changed by an editor or a mail (byte order mark, CRLF, last line): read without that"
            )
        return text

    def signed(self, head: Checkpoint) -> None:
        if head.signers([key for key in self.keys if key.name == head.origin]) == 0:
            raise Wrong(f"the checkpoint of {head.origin} is not signed with a key that was given")

    def _witnesses(self, head: Checkpoint) -> None:
        witnesses = [Key.parse(text) for text in self.asked.witness]
        quorum = len(witnesses) if self.asked.quorum is None else self.asked.quorum
        signed = head.signers(witnesses)
        if signed < quorum:
            raise Wrong(f"{signed} of {len(witnesses)} witnesses signed the checkpoint, {quorum} must")
        if witnesses:
            self.ok(f"{signed} of {len(witnesses)} witnesses signed the checkpoint, {quorum} must")
        elif others := sorted({name for name, _ in head.note.signatures} - {head.origin}):
            self.note(f"not checked: signatures of {', '.join(others)}; give their keys with --witness")

    def _earlier(self, earlier: Checkpoint, head: Checkpoint) -> None:
        if earlier.origin != head.origin or not earlier.signers(self.keys):
            raise Wrong("the earlier checkpoint is not this log's; after a change of keys, give both with --key")
        if earlier.size > head.size:
            raise Wrong(f"events {head.size + 1} to {earlier.size} of the earlier checkpoint are not in this one")
        if earlier.size == head.size and earlier.root != head.root:
            raise Wrong(f"two different records of {head.size} events were signed: rewritten")
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
                        raise Wrong(f"the first {tree.size} events are not those of the earlier checkpoint: rewritten")
                    self.ok(f"the first {tree.size} events are those of the earlier checkpoint")

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
                raise Wrong(f"the pack is of the edition {about['edition']}, and edition/content.json is not in it")
        if "figures/figures.json" in pack.names:
            with self.told():
                self._told(pack)
        if contents := [name for name in pack.names if name.startswith("editions/")]:
            with self.told():
                self._contents(pack, contents)
        if self.placed and not self.wrongs:
            computed = f", {self.undated} of them at moments that formulas compute" if self.undated else ""
            self.ok(f"{self.placed} rows under evidence/ name proven events and when they happened{computed}")
            self.note("which events count, and their amounts, is what the record says: sql/ has the formulas")
        with self.told():
            self._verifier(pack)
        self._summed(pack)

    def _signed(self, pack: Pack, about: dict[str, Any], head: Checkpoint) -> None:
        """Whether the key of the log stands by the manifest, and so by every file that it lists."""
        manifest = pack.read("manifest.json")
        if not (found := SIGNED.fullmatch(manifest)):
            self.unsigned = True
            if b'"signature"' in manifest:
                raise Wrong("the signature of manifest.json does not stand where it belongs")
            return self.note(
                "!! NOT SIGNED: nobody signed manifest.json; earlier packs are so, and forged ones may be."
            )
        note = Note.read("manifest", json.loads(found[2]).encode())
        digest = hashlib.sha256(found[1]).hexdigest()
        if note.body.decode() != f"sagwan evidence pack v1\norigin {head.origin}\nmanifest {digest}\n":
            raise Wrong("what was signed is another manifest than manifest.json, or one of another record")
        if note.signers([key for key in self.keys if key.name == head.origin]) == 0:
            raise Wrong("manifest.json is not signed with a key that was given")
        if about and (about["record"], about["entries"]) != (head.origin, head.size):
            raise Wrong("manifest.json is of another checkpoint than log/checkpoint")
        self.ok("the manifest of all files is signed with the log's key")

    def _verifier(self, pack: Pack) -> None:
        """Says what is to be thought of the verifier in the pack."""
        if "verify.py" not in pack.names:
            return
        ours = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
        theirs = hashlib.sha256(pack.read("verify.py")).hexdigest()
        if ours != theirs:
            self.note(f"verify.py in the pack is not this verifier: its SHA-256 is {theirs}")
        elif Path(__file__).absolute().parent == self.asked.pack.absolute():
            self.note("!! This verifier came with what it checks. Take one from a Sagwan release got elsewhere.")

    def _summed(self, pack: Pack) -> None:
        """What is proven, what is only signed, and what is neither, file by file."""
        if self.wrongs:
            return
        self.said(f"       proven by the log: {', '.join(sorted(self.proven))}")
        rest = {*pack.names} - self.proven - {"manifest.json"}
        folders = Counter(re.sub(r"/(?!keys).*", "/", name) for name in rest)
        told = ", ".join(f"{name} ({n} files)" if n > 1 else name for name, n in sorted(folders.items()))
        what = "NOT PROVEN and not signed" if self.unsigned else "not proven, signed by the record"
        self.said(f"       {what}: {told or 'nothing'}")

    def _files(self, pack: Pack) -> dict[str, Any]:
        manifest = pack.read("manifest.json")
        self.said(f"       manifest.json has the SHA-256 {hashlib.sha256(manifest).hexdigest()}")
        about: dict[str, Any] = json.loads(manifest)
        listed = about["files"]
        for name, times in Counter(pack.names).items():
            if times > 1 or name not in {*listed, "manifest.json"}:
                raise Wrong(f"{name} is in the pack twice, or the manifest does not list it")
        for number, name in enumerate(sorted(listed)):
            if name not in pack.names:
                raise Wrong(f"{name} is missing from the pack")
            try:
                with pack.open(name) as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
            except (zipfile.BadZipFile, zlib.error):
                raise Wrong(f"{name} is damaged in the zip file") from None
            if digest != listed[name]["sha256"]:
                raise Wrong(f"{name} is not the file that the manifest lists: its digest differs")
            self.progress("files", number + 1, len(listed))
        self.ok(f"{len(listed)} files have the digests of the manifest")
        return about

    def _whole(self, pack: Pack, head: Checkpoint) -> None:
        """Every event is there: the root is made again. log/leaf-hashes only serves to name the first wrong place."""
        leaves = pack.read("log/leaf-hashes")
        tree, gaps, position, first = Tree(), 0, 0, ""
        try:
            for event in pack.events():
                if self.short is None:
                    self.short = leaf(event.digest) == leaves[:32]
                position, hash_ = event.position, self.leaf(event)
                if hash_ != leaves[32 * tree.size : 32 * tree.size + 32]:
                    first = f"{event}: {_misplaced(hash_, leaves, tree.size)}"
                    break
                tree.append(hash_)
                gaps += position != tree.size
                self.seen(event)
                self.grown(tree)
                if tree.size % 10_000 == 0:
                    self.progress("events", tree.size, head.size)
        except Wrong as wrong:
            first = str(wrong)
        if not first and (tree.size, tree.root) == (head.size, head.root):
            self.proven |= {"events.ndjson", "log/checkpoint", "log/leaf-hashes"} & {*pack.names}
            self.ok(f"{tree.size} events make the signed root: none changed, missing, added or moved")
            return self._remarks(gaps)
        sealed = Tree(leaves)
        if (sealed.size, sealed.root) != (head.size, head.root):
            raise Wrong(f"this is not the record that the checkpoint names. {first and 'First wrong place: '}{first}")
        raise Wrong(f"first wrong place: {first or f'behind position {position} the events end too early'}")

    def _part(self, pack: Pack, head: Checkpoint) -> None:
        """Some events are there, each with its inclusion proof."""
        count = self._proven(pack, head, "", "log/")
        self.ok(f"{count} events are in the signed record of {head.size}; what else it holds is not in this pack")
        self._remarks()
        if self.earlier:
            self.note("not checked: --earlier needs the whole record, a pack of all events or --url")

    def _proven(self, pack: Pack, head: Checkpoint, folder: str, log: str = "") -> int:
        """How many events there are in a folder, each proven by the line of proofs.ndjson."""
        count, last = 0, -1
        with pack.open(f"{log or folder}proofs.ndjson") as proofs:
            for event in pack.events(f"{folder}events.ndjson"):
                proof = json.loads(next(proofs, b"") or b'{"index": -1, "proof": []}')
                self.included(event, proof["index"], proof["proof"], head)
                if proof["index"] <= last:
                    raise Wrong(f"first wrong place: {event}: not in the order of the record")
                count, last = count + 1, proof["index"]
                self.seen(event)
            if next(proofs, None):
                raise Wrong(f"there are proofs for more than the {count} events: some were taken out")
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
            raise Wrong(f"first wrong place: {event}: not the event that was sealed, or not its proof")

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
            self.note(f"!! position {position}: signed anew, what was signed was lost: {fact['reason']}")
            self.note(f"!! Checkpoints over less than {fact['size']} events that anybody kept are to be compared.")
        elif subtrees := self.recent.get(fact["size"]):
            if root_of(subtrees).hex() != fact["root"]:
                raise Wrong(f"position {position} says that the first {fact['size']} events were others")
            self.remembered += 1

    def _remarks(self, gaps: int = 0) -> None:
        for position, digest in sorted(self.left.items()):
            if self.acts.get(position) != digest:
                raise Wrong(
                    f"first wrong place: position {position}: redacted, and no act says that this is what is left"
                )
        if self.left:
            self.note(f"{len(self.left)} events lost content by law; what is left is what acts of redaction say")
        if self.remembered:
            self.ok(f"{self.remembered} checkpoints that the record remembers are of these events")
        if gaps:
            self.note("the positions have gaps: the order of events is proven, their numbers are not")

    def _edition(self, pack: Pack, head: Checkpoint) -> None:
        """What the edition says is what a proven event published, and comes from the rows under evidence/."""
        content, about = pack.read("edition/content.json"), json.loads(pack.read("edition/edition.json"))
        digest = hashlib.sha256(content).hexdigest()
        with self.told():
            digest = next((it for it, left in self.unsliced.items() if left == digest), digest)
            if not (acts := self.editions.get(digest)):
                told = ", ".join(self.editions) or "nothing"
                raise Wrong(f"edition/content.json has the digest {digest}; what the events published is {told}")
            given = about["key"]
            act = next((it for it in acts if it["key"] == given), acts[0])
            key = act["key"]
            if strange := [name for name in {**key, **given} if key.get(name) != given.get(name)]:
                raise Wrong(f"edition/edition.json has another key than was published: {', '.join(strange)}")
            if key["checkpoint"] != hashlib.sha256(head.note.body).hexdigest():
                raise Wrong("log/checkpoint is not the one that the key of the edition names")
            named = f"{key['period']}/{act.get('edition', 1)}"
            if (told := json.loads(pack.read("manifest.json")).get("edition", named)) != named:
                raise Wrong(f"manifest.json is of the edition {told}, what is in the pack is {named}")
            self.proven.add("edition/content.json")
            self.ok(f"edition {named} says what a proven event published: {digest}")
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
            self.ok(f"{count - withheld} figures have their entries under evidence/, {again} are made again of them")
        if withheld:
            self.note(f"{withheld} figures are withheld: few persons are behind them, or they would give such away")
        if again < count - withheld:
            self.note(f"not made again here: {count - withheld - again} figures; sql/again.sql makes them")

    def _contents(self, pack: Pack, names: Sequence[str]) -> None:
        """What the pack holds of editions is what proven events published, or what acts of redaction left of it."""
        for name in names:
            published = name.removeprefix("editions/").removesuffix(".json")
            digest = hashlib.sha256(pack.read(name)).hexdigest()
            if published not in self.editions:
                raise Wrong(f"{name} is of no edition that the events published")
            if digest not in (published, self.unsliced.get(published)):
                raise Wrong(f"{name} says something else than was published: it has the digest {digest}")
        self.proven.update(names)
        self.ok(f"{len(names)} editions say what proven events published")

    def _assessments(self, content: list[dict[str, Any]], about: list[dict[str, Any]]) -> None:
        """What hubs assessed in words is what proven events say."""
        if [(it["position"], it["digest"]) for it in content] != [(it["position"], it["digest"]) for it in about]:
            raise Wrong("edition/edition.json tells other assessments than edition/content.json")
        for it in about:
            position = it["position"]
            if self.sealed.get(position) != it["digest"]:
                raise Wrong(f"the assessment at position {position} is not a proven event of this pack")
            fact = self.assessed.get(position, {})
            if strange := [name for name in ("text_ko", "text_en", "evidence") if it.get(name) != fact.get(name)]:
                raise Wrong(f"the assessment at position {position} says something else than the event: {strange[0]}")
        if about:
            self.ok(f"{len(about)} assessments are what proven events say")

    def _figures(self, pack: Pack, code: str, aggregate: str, figures: Sequence[dict[str, Any]]) -> int:
        """How many figures of an indicator its evidence makes again. Raises Wrong for the first that it does not."""
        behind: dict[tuple[str | None, str | None], list[dict[str, str]]] = {(None, None): []}
        for row in self._evidence(pack, code):
            for by in (None, "hub", "ministry", "region", "field", "country"):
                behind.setdefault((by, (by and row[by]) or None), []).append(row)
        # A CSV does not tell an empty cell from none; a hub is never none, other slices are never empty.
        if strange := {*behind} - {(it["by"], it["of"] or None) for it in figures}:
            by, of = min(strange, key=str)
            raise Wrong(f"evidence/{code}.csv has entries of {by} {of}, the edition has no figure of it")
        again = 0
        for it in figures:
            rows = behind.get((it["by"], it["of"] or None), [])
            which = f"{code} of {it['by']} {it['of']}" if it["by"] else f"{code} of all together"
            if it.get("withheld"):
                if (it["value"], it["evidence"], it["missing"]) != (None, None, None):
                    raise Wrong(f"{which}: the edition withholds it and tells it all the same")
                continue
            again += made_again(f"{which}: the edition", it, aggregate, rows)
        return again

    def _evidence(self, pack: Pack, code: str) -> list[dict[str, str]]:
        """The entries behind an indicator, each where and when a proven event says."""
        found = []
        for row in _rows(pack, f"evidence/{code}.csv"):
            position = int(row["position"])
            if position not in self.sealed:
                raise Wrong(f"evidence/{code}.csv names position {position}: no proven event is there")
            if row.get("stream", self.streams[position]) != self.streams[position]:
                raise Wrong(f"evidence/{code}.csv: position {position} is on {self.streams[position]}")
            if code not in COMPUTED and _instant(row["occurred_at"]) not in map(_instant, self.moments[position]):
                raise Wrong(f"evidence/{code}.csv: position {position} did not happen at {row['occurred_at']}")
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
            raise Wrong(f"figures/figures.csv differs from figures/figures.json at {' '.join(map(str, strange))}")
        again = 0
        for name in sorted(name for name in pack.names if re.fullmatch(r"evidence/[^/]+\.csv", name)):
            code = name.removeprefix("evidence/").removesuffix(".csv")
            cells: dict[tuple[str, str], list[dict[str, str]]] = {}
            for row in self._evidence(pack, code):
                cells.setdefault((row["hub"], row["period"]), []).append(row)
            them = {(it["hub"] or "", it["period"]): it for it in figures if it["code"] == code}
            if strange := cells.keys() ^ them.keys():
                raise Wrong(
                    f"{code} of {' in '.join(min(strange))} has entries and no figure, or a figure and no entries"
                )
            for cell, it in them.items():
                at = f"sql/indicators/{code.lower().replace('-', '_')}/{it['version']}"
                said = AGGREGATE.search(pack.read(f"{at}.{'toml' if f'{at}.toml' in pack.names else 'sql'}").decode())
                aggregate = said[1] or said[2] if said else ""
                again += made_again(f"{code} of {' in '.join(cell)}: figures.json", it, aggregate, cells[cell])
        if without := {it["code"] for it in figures} - {
            name[9:-4] for name in pack.names if name.startswith("evidence/")
        }:
            raise Wrong(f"{min(without)} has figures, and no evidence/{min(without)}.csv is in the pack")
        self.ok(f"{len(figures)} figures have their entries under evidence/, {again} are made again of them")
        if again < len(figures):
            self.note(f"not made again here: {len(figures) - again} figures; sql/again.sql makes them")

    def proof(self, path: Path, event: Path | None) -> None:
        """One event and its C2SP tlog-proof, which may carry the event, or what the log has of it, as `extra`."""
        top, _, note = self._kept(path).partition(b"\n\n")
        found = re.fullmatch(rb"c2sp.org/tlog-proof@v1\n(?:extra (\S*)\n)?index (0|[1-9]\d*)((?:\n\S{44})*)", top)
        if not found:
            raise Wrong(f"{path} does not read as a tlog-proof")
        index, proof, extra = int(found[2]), found[3].decode().split(), unbase64(found[1] or b"")
        if not event and ENTRY.fullmatch(extra.decode(errors="replace")):
            it = Event(index + 1, extra.decode().rpartition("\n")[0].split("\n")[0], extra)
            self.short = len(extra) == 65
        elif stored := (event.read_bytes().removeprefix(b"\xef\xbb\xbf") if event else extra).strip():
            line = LINE.fullmatch(stored)
            it = Event.parse(int(line[1]), line[2]) if line else Event.parse(index + 1, stored)
        else:
            raise Unchecked("give the event's JSON with --event")
        self.included(it, index, proof, self.checkpoint(note))
        unproven = self.short and it.left
        told = it.digest if unproven else it.entry
        self.ok(f"number {index + 1} of the signed record is {' '.join(told.decode().split())}")
        if it.left:
            proven = "the digest of what it was is" if unproven else "its stream, version and type are"
            self.note(f"it lost content by law; {proven} proven, what is left of it is not")

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
                where = f"first wrong place: number {tree.size + 1} of the log, {said}"
                hash_ = leaf(entry)
                if hash_ != tile[32 * at : 32 * at + 32]:
                    raise Wrong(f"{where}: the entry is not the one of its tile")
                self.short = len(entries[0]) == 65 if self.short is None else self.short
                if events:
                    event = next(events, None)
                    if event is None or (event.digest if self.short else event.entry) != entry:
                        raise Wrong(f"{where}: what was sealed is not the server's event at {event or 'its end'}")
                    gaps += event.position != tree.size + 1
                    self.seen(event)
                tree.append(hash_)
                self.grown(tree)
            above += [Tree(tile).root] if len(entries) == 256 else []
            self.progress("events", tree.size, head.size)
        if tree.root != head.root:
            raise Wrong("the tiles do not make the signed root: the log serves another record than it signed")
        level = 1
        while above:
            tiles = b"".join(fetch(f"{prefix}/tile/{level}/{name}") for name in _names(len(above)))
            if tiles != b"".join(above):
                raise Wrong(f"the tiles of level {level} are not made of those below")
            above = [Tree(tiles[at : at + 8192]).root for at in range(0, len(tiles) - 8191, 8192)]
            level += 1
        self.ok(f"{tree.size} entries make the signed root and all tiles: none changed, missing, added or moved")
        if events:
            self.ok(f"{tree.size} events of the server have the digests that were sealed")
        else:
            self.note("the events were not read: that takes a token of the record in SAGWAN_TOKEN")
        self._remarks(gaps)


def made_again(who: str, it: dict[str, Any], aggregate: str, rows: Sequence[dict[str, str]]) -> bool:
    """Whether the aggregate is known here; Raises Wrong where the figure is not what it makes of the rows."""
    entries = len({row["key"] for row in rows}) if "each_once(" in aggregate else len(rows)
    counted = (entries, sum(row["amount"] == "" or row.get("against") == "" for row in rows))
    told, made = (it["evidence"], it["missing"]), computed(aggregate, rows)
    if told != counted:
        raise Wrong(f"{who} counts {told} entries and without amount, its evidence {counted}")
    if it.get("rate_sets") is not None:
        rates = sum(int(row["rate_age"] or 0) > 0 for row in rows), sorted({row["rate_set"] for row in rows} - {""})
        if (it["earlier_rate"], it["rate_sets"]) != rates:
            raise Wrong(f"{who} says it was converted by {it['rate_sets']}, its evidence names {rates[1]}")
    if made is ...:
        return False
    value = None if it["value"] is None else float(it["value"])
    if (made is None) != (value is None) or abs((made or 0) - (value or 0)) > 1e-6 + 1e-9 * abs(made or 0):
        raise Wrong(f"{who} says {it['value']}, its evidence makes {made}")
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


def _misplaced(hash_: bytes, leaves: bytes, rank: int) -> str:
    """What is wrong with a leaf that is not the one of its rank."""
    places = (at.start() for at in re.finditer(re.escape(hash_), leaves))
    number = next((at // 32 + 1 for at in places if at % 32 == 0), None)
    if number is None:
        return "the record has no such event: it was changed or inserted"
    return f"it is number {number} of the record, not {rank + 1}: events were dropped or moved before it"


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
            raise Wrong(f"tile {name} or its entries are not of the size that the checkpoint demands")
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
                    raise Unchecked(f"{count} events or more are not for this token; an auditor's reads all")
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            if error.code == 404 and "/tile/" in url:
                raise Wrong(f"the log lacks a tile that its checkpoint demands: {url}") from None
            raise Unchecked(f"{url} answered {error.code} {error.reason}") from None
        except HTTPException as error:
            raise Unchecked(f"{url} broke off: {error!r}") from None

    return fetch


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack", nargs="?", type=Path, default=Path(__file__).absolute().parent)
    parser.add_argument("--url", help="a server, or the prefix of a log, which ends in /log")
    parser.add_argument("--proof", type=Path, help="a .tlog-proof")
    parser.add_argument("--event", type=Path, help="the event's JSON, as the record gives it")
    parser.add_argument("--key", action="append", default=[], metavar="VKEY", help="the log's verifier key")
    parser.add_argument("--witness", action="append", default=[], metavar="VKEY", help="a witness's verifier key")
    parser.add_argument("--quorum", type=int, metavar="N", help="how many witnesses must have signed; by default all")
    parser.add_argument("--earlier", action="append", default=[], type=Path, metavar="FILE", help="a checkpoint kept")
    return parser.parse_args(words)


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
        check.said(f"NOT CHECKED: {error or repr(error)}")
        return 1 if check.wrongs else 2
    if check.wrongs:
        check.said(f"NOT PROVEN: {check.wrongs} wrong")
    elif check.unsigned:
        check.said("NOT SIGNED: what is named as proven by the log is; nothing signs the rest, figures included")
    else:
        forged = "" if asked.key else " IF THE KEY THAT CAME WITH IT IS THE LOG'S"
        check.said(f"PROVEN{forged}, as far as the lines with `ok` say")
    return 1 if check.wrongs else 3 if check.unsigned else 0


def _meter(what: str, done: int, total: int) -> None:
    if sys.stderr.isatty() and (done == total or time.monotonic() % 1 < 0.2):
        print(f"\r{what} {done:,} of {total:,} " + ("\n" if done == total else ""), end="", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(run(Check(arguments(), progress=_meter), os.environ.get("SAGWAN_TOKEN")))
