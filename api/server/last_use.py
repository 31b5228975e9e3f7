"""When each credential was last used: outside the record, and to the minute."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path

import msgspec

from journal.durable_files import replace_file

NAME = "last-use.json"
"""In the data folder; to lose it loses nothing of the record."""

SECONDS = 60.0

log = logging.getLogger("sagwan.api")


class LastUse:
    """By the id of a credential, or the pseudonym of a person whom an issuer knows with the number of his grant."""

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        self._path, self._clock = folder / NAME, clock
        self._at = read_last_use(folder)
        self._since = set[str]()
        self._kept = dict(self._at)

    def note(self, who: str) -> None:
        """Called for every request: the time is taken later, once for all."""
        self._since.add(who)

    def shown(self) -> dict[str, datetime]:
        since, self._since = self._since, set()
        self._at |= dict.fromkeys(since, self._clock().replace(second=0, microsecond=0))
        return self._at.copy()

    def keep(self) -> None:
        """Writes it down where there is anything new."""
        if (now := self.shown()) == self._kept:
            return
        replace_file(self._path, msgspec.json.encode(dict(sorted(now.items()))))
        self._kept = now

    @contextlib.asynccontextmanager
    async def being_kept(self) -> AsyncIterator[None]:
        """Keeps it once a minute until left, and at the end."""

        async def keep() -> None:
            while True:
                await asyncio.sleep(SECONDS)
                await self._keep_or_report()

        task = asyncio.create_task(keep())
        try:
            yield
        finally:
            task.cancel()
            await self._keep_or_report()

    async def _keep_or_report(self) -> None:
        try:
            await asyncio.to_thread(self.keep)
        except OSError as error:
            log.warning("when tokens were last used could not be written down: %s", error.strerror)


def read_last_use(folder: Path) -> dict[str, datetime]:
    """What is written down; nothing where there is none, or it cannot be read."""
    try:
        return msgspec.json.decode((folder / NAME).read_bytes(), type=dict[str, datetime])
    except (FileNotFoundError, ValueError):
        return {}
