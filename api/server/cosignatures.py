"""Collects witness cosignatures for the checkpoints of a running record, in the background."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from pathlib import Path

from api.server.witness_client import WitnessClient
from journal.durable_files import replace_file
from journal.log import note, tlog
from journal.log.checkpoint import Checkpoint
from journal.log.note import NoteError
from journal.log.sealer import Sealer, SignedTree
from journal.witness.policy import Policy

log = logging.getLogger("sagwan.seal")

AGAIN_SECONDS = 5.0
"""The time until witnesses are asked again, when not all have cosigned the newest checkpoint."""


class CosignatureCollector:
    """Asks the witnesses of the policy about each new checkpoint; the newest that counts as witnessed is on disk."""

    def __init__(self, sealer: Sealer, policy: Policy, folder: Path) -> None:
        self.policy = policy
        self._sealer = sealer
        self._file = folder / "witnessed"
        self._signed = asyncio.Event()
        self._size = 0
        self._lines: dict[str, str] = {}
        self.newest: str | None = self._kept()

    @property
    def size(self) -> int:
        """Of the newest checkpoint that counts as witnessed, 0 before there is one."""
        return Checkpoint.parse(note.split_note(self.newest)[0]).size if self.newest else 0

    def signed(self) -> None:
        """There is a new checkpoint. To be called in the event loop."""
        self._signed.set()

    def with_lines(self, seal: SignedTree) -> SignedTree:
        """A signed tree, its note with the cosignatures that it has so far."""
        if seal.tree.size == self._size:
            return seal._replace(note=seal.note + "".join(self._lines.values()))
        if self.newest and seal.tree.size == self.size:
            return seal._replace(note=self.newest)
        return seal

    async def run(self) -> None:
        """Goes on until it is cancelled."""
        if not self.policy.witness:
            return
        async with WitnessClient(self.policy) as cosigner:
            while True:
                complete = len(self._lines) == len(self.policy.witness)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._signed.wait(), None if complete else AGAIN_SECONDS)
                self._signed.clear()
                if seal := self._sealer.current:
                    try:
                        await self._ask(cosigner, seal)
                    except Exception:
                        log.exception("the witnesses were not asked")

    async def _ask(self, cosigner: WitnessClient, seal: SignedTree) -> None:
        async def consistency(old: int, size: int) -> Sequence[bytes]:
            return await asyncio.to_thread(tlog.consistency, old, size, seal.tree)

        lines = await cosigner.cosign(seal.note, consistency)
        if seal.tree.size != self._size:
            self._size, self._lines = seal.tree.size, {}
        self._lines |= {note.parse_signature_line(it).name: f"{it}\n" for it in lines}
        text = self.with_lines(seal).note
        if lines and self.policy.witnessed(text):
            await asyncio.to_thread(replace_file, self._file, text.encode())
            self.newest = text

    def _kept(self) -> str | None:
        """What was witnessed before this process began, if it still counts."""
        current = self._sealer.current
        try:
            text = self._file.read_text(encoding="utf-8")
            size = Checkpoint.parse(note.split_note(text)[0]).size
            return text if current and size <= current.tree.size and self.policy.witnessed(text) else None
        except (FileNotFoundError, NoteError):
            return None
