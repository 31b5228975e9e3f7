"""A log and its evidence packs, made by the tests' own plain code, so that the verifier checks somebody else's."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class Signer:
    """An Ed25519 key under a name; `type` 1 signs notes, 4 cosigns checkpoints."""

    def __init__(self, name: str, type: int = 1) -> None:
        self.name, self.type = name, type
        self.private = Ed25519PrivateKey.generate()
        material = bytes([type]) + self.private.public_key().public_bytes_raw()
        self.id = hashlib.sha256(name.encode() + b"\n" + material).digest()[:4]
        self.vkey = f"{name}+{self.id.hex()}+{base64.b64encode(material).decode()}"

    def line(self, body: str, time: int = 1_700_000_000) -> str:
        if self.type == 1:
            blob = self.private.sign(body.encode())
        else:
            signed = self.private.sign(f"cosignature/v1\ntime {time}\n{body}".encode())
            blob = time.to_bytes(8, "big") + signed
        return f"— {self.name} {base64.b64encode(self.id + blob).decode()}\n"


def stored(n: int, **more: Any) -> bytes:
    """The JSON of the n-th event, of stream case:<n // 2>."""
    fact = more.pop("fact", {"type": "case.opened", "topic": "비자"})
    it = {"stream": f"case:{n // 2}", "version": n % 2 + 1, "salt": f"{n:032x}", "fact": fact} | more
    return json.dumps(it, ensure_ascii=False).encode()


class Form:
    """Whether logs have the digest of an event alone, or stream, version and type before it, as older ones do."""

    digest_alone = False


def entry(json_: bytes) -> bytes:
    it = json.loads(json_)
    digest = hashlib.sha256(json_).hexdigest()
    head = "" if Form.digest_alone else f"{it['stream']}\n{it['version']}\n{it['fact']['type']}\n"
    return f"{head}{digest}\n".encode()


def leaf(entry_: bytes) -> bytes:
    return hashlib.sha256(b"\0" + entry_).digest()


def root(leaves: list[bytes]) -> bytes:
    """RFC 6962 2.1, as it is written there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(leaves[:k]) + root(leaves[k:])).digest()


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962 2.1.1, as it is written there."""
    if len(leaves) <= 1:
        return []
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if m < k:
        return [*path(m, leaves[:k]), root(leaves[k:])]
    return [*path(m - k, leaves[k:]), root(leaves[:k])]


class Log:
    """Events in order, and what their log says of them."""

    def __init__(self, events: list[bytes], origin: str = "record.example/log") -> None:
        self.events = events
        self.leaves = [leaf(entry(it)) for it in events]
        self.key = Signer(origin)
        self.witnesses = [Signer(f"witness{n}.example", 4) for n in (1, 2, 3)]

    def checkpoint(self, size: int | None = None, by: Signer | None = None, cosigned: int = 0) -> str:
        size = len(self.events) if size is None else size
        body = f"{self.key.name}\n{size}\n{base64.b64encode(root(self.leaves[:size])).decode()}\n"
        return body + "\n" + "".join(it.line(body) for it in [by or self.key, *self.witnesses[:cosigned]])

    def proof(self, index: int) -> list[str]:
        return [base64.b64encode(it).decode() for it in path(index, self.leaves)]

    def pack(self, folder: Path, part: list[int] | None = None) -> Path:
        """An evidence pack of all events, or of those with these indices."""
        chosen = range(len(self.events)) if part is None else part
        files = {
            "events.ndjson": b"".join(b'{"position":%d,"entry":%s}\n' % (n + 1, self.events[n]) for n in chosen),
            "log/checkpoint": self.checkpoint(cosigned=2).encode(),
            "log/keys": f"{self.key.vkey}\n".encode(),
            "figures/figures.csv": b"HD-01|2025S1|17\n",
        }
        if part is None:
            files["log/leaf-hashes"] = b"".join(self.leaves)
        else:
            lines = (json.dumps({"index": n, "proof": self.proof(n)}) for n in part)
            files["log/proofs.ndjson"] = "".join(f"{line}\n" for line in lines).encode()
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        list_files(folder, self.key)
        return folder

    def tiles(self, folder: Path) -> Path:
        """The log as static files of C2SP tlog-tiles."""
        level, hashes = 0, self.leaves
        while hashes:
            for n in range(0, len(hashes), 256):
                write(folder, f"tile/{level}", n // 256, len(hashes[n : n + 256]), b"".join(hashes[n : n + 256]))
            hashes = [root(hashes[n : n + 256]) for n in range(0, len(hashes) - 255, 256)]
            level += 1
        for n in range(0, len(self.events), 256):
            some = [entry(it) for it in self.events[n : n + 256]]
            write(folder, "tile/entries", n // 256, len(some), b"".join(len(it).to_bytes(2, "big") + it for it in some))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "checkpoint").write_text(self.checkpoint(), encoding="utf-8")
        return folder


def write(folder: Path, kind: str, number: int, width: int, content: bytes) -> None:
    assert number < 1_000_000
    high, low = divmod(number, 1000)
    name = f"x{high:03}/{low:03}" if high else f"{low:03}"
    target = folder / kind / (name + (f".p/{width}" if width < 256 else ""))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def list_files(folder: Path, key: Signer | None = None) -> None:
    """Writes the manifest of a pack's folder as it is now, signed with the log's key where it is given.

    It says of the pack what it said before."""
    names = sorted(it.relative_to(folder).as_posix() for it in folder.rglob("*") if it.is_file())
    digests = {
        name: {"sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest()}
        for name in names
        if name != "manifest.json"
    }
    manifest = folder / "manifest.json"
    about = json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {"record": "", "entries": 0}
    about.pop("signature", None)
    if key:
        origin, size = (folder / "log/checkpoint").read_text(encoding="utf-8").split("\n")[:2]
        about |= {"record": origin, "entries": int(size)}
    told = json.dumps(about | {"files": digests})[:-1]
    if key:
        digest = hashlib.sha256(told.encode()).hexdigest()
        body = f"sagwan evidence pack v1\norigin {key.name}\nmanifest {digest}\n"
        told += ',\n "signature": ' + json.dumps(f"{body}\n{key.line(body)}", ensure_ascii=False) + "\n"
    manifest.write_text(told + "}\n", encoding="utf-8")
