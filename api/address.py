"""Where a command asks: the server of a folder, one that is named, or no server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Self

from journal.folder import Folder


class Unanswered(Exception):
    """The question got no answer; the message says why and what to do."""


class Address:
    """A record by its folder or database, and where `url` is not None the server that answers for it."""

    def __init__(self, data: Path, url: str | None, token: str | None, database: str | None = None) -> None:
        self.data = data
        self._url = url
        self._token = token
        self._place: Path | str = database or Folder(data).journal

    @classmethod
    def at(cls, data: Path, url: str | None, token: str | None, database: str | None = None) -> Self:
        """Of a folder: at its server, where one runs and no other is named.

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
