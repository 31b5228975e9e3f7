"""Signed notes (C2SP signed-note): a text with signatures of keys, as Go's `sumdb/note` reads and writes it.

    <text, ends in a line feed>
    <an empty line>
    — <key name> base64(key id || signature)          one line for each key

Two kinds of signature are supported: Ed25519 over the text, with which a record signs, and the timestamped
cosignature/v1 of C2SP tlog-cosignature, with which a witness does. A text is not trusted until `open_note` returns it.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import hashlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from domain.messages import Invalid, reason, sentence
from domain.phrase import Phrase
from journal.durable_files import sync_folder

ED25519: Final = 0x01
COSIGNATURE: Final = 0x04
MOST_SIGNATURES: Final = 100
"""A note with more is not read; the specification asks for at least 16."""
_LATEST: Final = 2**63 - 1


class NoteError(Invalid):
    """A note that cannot be trusted; the message says why."""


class MalformedNote(NoteError):
    """It is not in the form of a signed note."""


class BadSignature(NoteError):
    """A line has the name and id of a trusted key, but that key did not sign this text."""


class NoTrustedSignature(NoteError):
    """No trusted key signed it."""


class OpenToOthers(Invalid, PermissionError):
    """A file with a secret that other users may read."""


class VerifierKey(NamedTuple):
    """A public key, the name it signs under and the kind of its signatures: ED25519 or COSIGNATURE."""

    name: str
    algorithm: int
    public: bytes

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Reads `name+hex id+base64(algorithm || key)`. Raises ValueError when it is anything else."""
        name, id_, material = _three(text, "key.verifier")
        key = cls(name, material[0], material[1:])
        if key.id.hex() != id_:
            raise Invalid("key.verifier_damaged", name=name, id=key.id.hex(), told=id_)
        return key

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{encode_base64(bytes([self.algorithm]) + self.public)}"

    @property
    def id(self) -> bytes:
        """The four bytes before this key's signatures."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public).digest()[:4]

    def verified(self, text: str, blob: bytes) -> Signature:
        """The signature that `blob` is. Raises BadSignature when this key did not make it over this text."""
        time = None
        message = text.encode()
        signature = blob
        if self.algorithm == COSIGNATURE:
            time, signature = int.from_bytes(blob[:8], "big"), blob[8:]
            message = _cosigned(text, time)
        try:
            if time is not None and time > _LATEST:
                raise InvalidSignature
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            raise BadSignature("note.false", name=self.name) from None
        return Signature(self, _line(self, blob), time)


class Signature(NamedTuple):
    """A verified signature: by whom, its line without a line feed, and a cosignature's Unix time."""

    key: VerifierKey
    line: str
    time: int | None


class SigningKey:
    """A private key, with the name and the kind of its signatures. Only `save` reveals the key."""

    def __init__(self, name: str, private: Ed25519PrivateKey, algorithm: int = ED25519) -> None:
        _check(name, algorithm)
        self.verifier = VerifierKey(name, algorithm, private.public_key().public_bytes_raw())
        self._private = private

    @classmethod
    def generate(cls, name: str, algorithm: int = ED25519) -> SigningKey:
        return cls(name, Ed25519PrivateKey.generate(), algorithm)

    @classmethod
    def parse(cls, text: str) -> SigningKey:
        """Reads `PRIVATE+KEY+name+hex id+base64(algorithm || seed)`, as Go's `note` does."""
        if not text.startswith(_PRIVATE):
            raise Invalid("key.signing")
        name, id_, material = _three(text.removeprefix(_PRIVATE), "key.signing")
        key = cls(name, Ed25519PrivateKey.from_private_bytes(material[1:]), material[0])
        if key.verifier.id.hex() != id_:
            raise Invalid("key.signing_damaged", name=name)
        return key

    @classmethod
    def load(cls, path: Path) -> SigningKey:
        """Raises PermissionError when anybody but the owner can read the file, ValueError when it holds no key."""
        with open(path, "rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise OpenToOthers("key.open", path=path)
            try:
                return cls.parse(file.read(4096).decode().removesuffix("\n"))
            except ValueError as error:
                raise Invalid("key.none_in_file", path=path, because=reason(error)) from None

    def save(self, path: Path) -> None:
        """Writes the key where only its owner reads it. Raises FileExistsError rather than lose another key."""
        verifier = self.verifier
        material = encode_base64(bytes([verifier.algorithm]) + self._private.private_bytes_raw())
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(file, "w") as opened_file:
            opened_file.write(f"{_PRIVATE}{verifier.name}+{verifier.id.hex()}+{material}\n")
            opened_file.flush()
            os.fsync(file)
        # Durable from here: before, a crash leaves no file or one that `load` refuses; nothing was signed with it.
        sync_folder(path.parent)

    def sign(self, text: str) -> str:
        """The line with which this key signs a text; for a key of the kind ED25519."""
        self._expect(ED25519)
        return _line(self.verifier, self._private.sign(text.encode()))

    def cosign(self, text: str, time: int) -> str:
        """The line with which a witness signs a checkpoint's text at a Unix time; for the kind COSIGNATURE."""
        self._expect(COSIGNATURE)
        return _line(self.verifier, time.to_bytes(8, "big") + self._private.sign(_cosigned(text, time)))

    def _expect(self, algorithm: int) -> None:
        if self.verifier.algorithm != algorithm:
            it = self.verifier
            raise Invalid("key.other_kind", name=it.name, kind=it.algorithm, wanted=algorithm)


def signed_note(text: str, *lines: str) -> str:
    """The note of a text and its signature lines. Raises ValueError for a text that no note can hold."""
    if not text.endswith("\n") or _controls(text):
        raise Invalid("note.text")
    return text + "\n" + "".join(f"{line}\n" for line in lines)


def read_kept_note(data: bytes) -> tuple[str, list[Phrase]]:
    """The text of a note in a file that somebody kept, and what an editor or a mail did to it, [] for nothing.

    Undone are a byte order mark, UTF-16, line ends with a carriage return and a missing last line feed. That does not
    weaken a signature: it is over the text as it was signed, and over no other. Raises MalformedNote.
    """
    done = []
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if wide else "utf-8")
    except UnicodeDecodeError:
        raise MalformedNote("note.utf8") from None
    if wide:
        done.append(sentence("note.wide"))
    elif text.startswith("\ufeff"):
        done.append(sentence("note.mark"))
        text = text[1:]
    if "\r\n" in text:
        done.append(sentence("note.crlf"))
        text = text.replace("\r\n", "\n")
    if not text.endswith("\n"):
        done.append(sentence("note.last_line"))
        text += "\n"
    return text, done


class SignatureLine(NamedTuple):
    """A signature line as it is in a note, not verified."""

    name: str
    id: bytes
    blob: bytes


def split_note(note: str | bytes) -> tuple[str, list[SignatureLine]]:
    """The text and the signature lines, neither verified yet. Raises MalformedNote."""
    try:
        note = note.decode() if isinstance(note, bytes) else note
    except UnicodeDecodeError:
        raise MalformedNote("note.utf8") from None
    if _controls(note):
        raise MalformedNote("note.control")
    head, empty, tail = note.rpartition("\n\n")
    if not empty or not tail.endswith("\n"):
        raise MalformedNote("note.form")
    lines = tail[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise MalformedNote("note.signatures", most=MOST_SIGNATURES)
    return head + "\n", [parse_signature_line(it) for it in lines]


def parse_signature_line(text: str) -> SignatureLine:
    """Reads one signature line, given without its line feed. Raises MalformedNote."""
    dash, _, rest = text.partition(" ")
    name, _, base64_text = rest.partition(" ")
    blob = decode_base64(base64_text)
    if dash != "—" or not _nameable(name) or blob is None or len(blob) < 5:
        raise MalformedNote("note.line")
    return SignatureLine(name, blob[:4], blob[4:])


def open_note(note: str | bytes, trusted: Iterable[VerifierKey]) -> tuple[str, list[Signature]]:
    """The text and the signatures of trusted keys, one for each; lines of other keys are ignored.

    Raises MalformedNote, BadSignature when a trusted key's line does not verify, NoTrustedSignature when none is there.
    """
    text, lines = split_note(note)
    keys = {(key.name, key.id): key for key in trusted}
    found: dict[VerifierKey, Signature] = {}
    for it in lines:
        if key := keys.get((it.name, it.id)):
            found.setdefault(key, key.verified(text, it.blob))
    if not found:
        raise NoTrustedSignature("note.untrusted")
    return text, list(found.values())


def encode_base64(data: bytes) -> str:
    """Standard base64, RFC 4648 section 4."""
    return base64.b64encode(data).decode()


def decode_base64(text: str) -> bytes | None:
    """The decoded bytes, or None if the text is not the one canonical base64 of them."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if encode_base64(data) == text else None


_PRIVATE: Final = "PRIVATE+KEY+"


def _cosigned(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _line(key: VerifierKey, blob: bytes) -> str:
    return f"— {key.name} {encode_base64(key.id + blob)}"


def _three(text: str, form: str) -> tuple[str, str, bytes]:
    name, _, rest = text.partition("+")
    id_, _, base64_text = rest.partition("+")
    material = decode_base64(base64_text)
    if material is None or len(material) != 33 or len(id_) != 8:
        raise Invalid(form)
    _check(name, material[0])
    return name, id_, material


def _check(name: str, algorithm: int) -> None:
    if not _nameable(name):
        raise Invalid("key.name", name=repr(name))
    if algorithm not in (ED25519, COSIGNATURE):
        raise Invalid("key.kind", name=name, algorithm=algorithm)


def _nameable(name: str) -> bool:
    return bool(name) and "+" not in name and not _controls(name) and not any(it.isspace() for it in name)


def _controls(text: str) -> bool:
    return any(it < " " and it != "\n" for it in text)
