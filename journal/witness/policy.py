"""Which witnesses a record asks, and how many of them make a checkpoint count as witnessed.

`witnesses.toml` in the data folder, written by hand or by `sagwan witness add` and `remove`:

    required = 2

    [[witness]]
    url = "https://witness.example.kr/sagwan"
    key = "witness.example.kr/w1+1a2b3c4d+BA…"
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from domain.messages import Invalid, reason
from journal.durable_files import replace_file
from journal.log import note
from journal.log.note import COSIGNATURE, NoTrustedSignature, Signature, VerifierKey

FILE = "witnesses.toml"


class WitnessEndpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A witness: the URL under which `add-checkpoint` lies, and its verifier key, which is of the kind COSIGNATURE."""

    url: str
    key: str

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise Invalid("policy.url", url=repr(self.url))
        if self.verifier.algorithm != COSIGNATURE:
            raise Invalid("policy.record_key", name=self.verifier.name)

    @property
    def verifier(self) -> VerifierKey:
        return VerifierKey.parse(self.key)


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`required` of these witnesses must have cosigned a checkpoint; without witnesses none counts as witnessed."""

    required: int = 1
    witness: tuple[WitnessEndpoint, ...] = ()

    def __post_init__(self) -> None:
        names = [it.verifier.name for it in self.witness]
        keys = [it.verifier.public for it in self.witness]
        if len(set(names)) < len(names) or len(set(keys)) < len(keys):
            raise Invalid("policy.twice")
        if not 1 <= self.required <= max(1, len(names)):
            raise Invalid("policy.required", required=self.required, there=len(names))

    @classmethod
    def load(cls, folder: Path) -> Policy:
        """The policy of a data folder. Raises ValueError that says what is wrong in the file and where."""
        path = folder / FILE
        try:
            return msgspec.toml.decode(path.read_bytes(), type=cls)
        except FileNotFoundError:
            return cls()
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Invalid("policy.file", path=path, because=reason(error)) from None

    def save(self, folder: Path) -> None:
        """Replaces the file as a whole, or not at all; comments in it are lost."""
        blocks = (f"\n[[witness]]\nurl = {_quoted(it.url)}\nkey = {_quoted(it.key)}\n" for it in self.witness)
        replace_file(folder / FILE, (f"required = {self.required}\n" + "".join(blocks)).encode())

    def cosignatures(self, checkpoint: str) -> list[Signature]:
        """Those of our witnesses on a signed checkpoint, verified, one for each. Raises NoteError for a false one."""
        try:
            return note.open_note(checkpoint, [it.verifier for it in self.witness])[1]
        except NoTrustedSignature:
            return []

    def witnessed(self, checkpoint: str) -> bool:
        """Whether enough of our witnesses signed it. Whether its record did is checked elsewhere."""
        return len(self.cosignatures(checkpoint)) >= self.required


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string.
    return msgspec.json.encode(text).decode()
