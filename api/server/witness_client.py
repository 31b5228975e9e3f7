"""Asking witnesses to cosign a checkpoint (the client of C2SP tlog-witness)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import TypeAlias

from aiohttp import ClientError, ClientSession, ClientTimeout

from journal.log import note
from journal.log.checkpoint import Checkpoint, parse_size
from journal.log.note import NoteError, VerifierKey
from journal.witness.policy import Policy, WitnessEndpoint
from journal.witness.witness import Proposal

log = logging.getLogger("sagwan.cosigning")

Consistency: TypeAlias = Callable[[int, int], Awaitable[Sequence[bytes]]]
"""The RFC 6962 proof that the tree of the second size begins with the tree of the first; 0 < first < second."""

ANSWER_SECONDS = 5.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
"""Seconds for which a witness that failed is left alone, doubled each time."""
MOST_TRIES = 3
MOST_ANSWER = 64 * 1024


class NoCosignature(Exception):
    """No cosignature this time; the message says why."""


class Forked(NoCosignature):
    """The witness has seen a head of this record that the checkpoint does not continue."""


class WitnessClient:
    """Collects cosignatures. Used as `async with`; `cosign` may be called again while it runs."""

    def __init__(self, policy: Policy, *, seconds: float = ANSWER_SECONDS) -> None:
        self.policy = policy
        self._peers = [_Peer(it, seconds) for it in policy.witness]

    async def __aenter__(self) -> WitnessClient:
        self._session = ClientSession(timeout=ClientTimeout(total=None))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def cosign(self, checkpoint: str, consistency: Consistency) -> list[str]:
        """The lines of the witnesses that cosign this signed checkpoint, each verified; add them to the note.

        Takes as long as the slowest witness but never longer than its time-out, and raises nothing for a witness
        that is away, lies or refuses: that is logged, a fork as critical, and the witness left alone for a while.
        """
        lines = await asyncio.gather(*(peer.line(self._session, checkpoint, consistency) for peer in self._peers))
        return [line for line in lines if line is not None]


class _Peer:
    """One witness, asked one thing at a time."""

    def __init__(self, asked: WitnessEndpoint, seconds: float) -> None:
        self._url = asked.url.rstrip("/") + "/add-checkpoint"
        self._key: VerifierKey = asked.verifier
        self._seconds = seconds
        self._size = 0
        self._cosigned = 0
        self._pause = 0.0
        self._not_before = 0.0
        self._busy = asyncio.Lock()

    async def line(self, session: ClientSession, checkpoint: str, consistency: Consistency) -> str | None:
        clock = asyncio.get_running_loop().time
        if clock() < self._not_before:
            return None
        try:
            async with asyncio.timeout(self._seconds), self._busy:
                line = await self._asked(session, checkpoint, consistency)
        except Forked as error:
            log.critical("%s: %s", self._key.name, error)
        except NoCosignature as error:
            log.error("%s: %s", self._key.name, error)
        except TimeoutError:
            log.warning("%s did not answer within %g s", self._key.name, self._seconds)
        except (ClientError, OSError) as error:
            log.warning("%s does not answer: %s", self._key.name, error)
        except Exception:
            log.exception("%s was not asked", self._key.name)
        else:
            self._pause = self._not_before = 0.0
            return line
        self._size = 0
        self._pause = min(max(2 * self._pause, FIRST_PAUSE), LONGEST_PAUSE)
        self._not_before = clock() + self._pause
        return None

    async def _asked(self, session: ClientSession, checkpoint: str, consistency: Consistency) -> str | None:
        text, _ = note.split_note(checkpoint)
        size = Checkpoint.parse(text).size
        if size < self._cosigned:
            return None  # a later checkpoint overtook this one
        for _ in range(MOST_TRIES):
            if self._size > size:
                raise Forked(
                    f"it has seen {self._size} entries of this record, which now shows {size}:"
                    " the record went back, or a copy of it signs elsewhere"
                )
            old = self._size
            proof = await consistency(old, size) if 0 < old < size else []
            status, answer = await self._post(session, str(Proposal(old, proof, checkpoint)))
            match status:
                case 200:
                    line = self._verified(text, answer)
                    self._size = self._cosigned = size
                    return line
                case 409 if (seen := self._seen(answer)) != old:
                    self._size = seen
                case 409 if old == size:
                    raise Forked(f"it has seen another root at size {old} of this record")
                case 422:
                    raise Forked(f"it is not convinced that size {size} continues size {old}: {answer.strip()}")
                case 404:
                    raise NoCosignature(
                        "it does not know this record; its people say `sagwan witness trust` with our key"
                    )
                case _:
                    raise NoCosignature(f"it answered {status}: {answer.strip()[:200]}")
        raise NoCosignature("its size changes with each request: somebody else asks it for this record")

    async def _post(self, session: ClientSession, body: str) -> tuple[int, str]:
        async with session.post(self._url, data=body.encode(), allow_redirects=False) as answer:
            content = b""
            while len(content) < MOST_ANSWER and (chunk := await answer.content.read(MOST_ANSWER)):
                content += chunk
            return answer.status, content.decode(errors="replace")

    def _verified(self, text: str, answer: str) -> str:
        """Its line, once our key for it has verified it; lines of other keys count for nothing."""
        try:
            opened, (signature,) = note.open_note(f"{text}\n{answer}", [self._key])
        except NoteError as error:
            raise NoCosignature(f"what it answered is no cosignature of it: {error}") from None
        if opened != text:
            raise NoCosignature("what it answered is a cosignature of something else")
        return signature.line

    def _seen(self, answer: str) -> int:
        try:
            return parse_size(answer.removesuffix("\n"))
        except NoteError:
            raise NoCosignature("it answered 409 without the size that it has seen") from None
