"""Where a command asks: the server of a folder, one that is named, or no server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Self

from domain.messages import Message, sentence
from domain.phrase import Phrase
from journal.folder import Folder


class Unanswered(Message):
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
            raise Unanswered("unanswered.address", url=url)
        owner = Folder(data).owner()
        return cls(data, url or (owner.url if owner else None), token, database)

    @property
    def remote(self) -> bool:
        """Whether a server answers."""
        return self._url is not None

    @property
    def url(self) -> str:
        if self._url is None:
            raise Unanswered("unanswered.no_server", data=self.data)
        return self._url

    @property
    def token(self) -> str:
        if self._token is None:
            raise Unanswered("unanswered.said", because=self._with_way(sentence("unanswered.no_token")))
        return self._token

    @property
    def asked(self) -> tuple[str, str] | None:
        """URL and token of a server that may be asked, where both are known."""
        return (self._url, self._token) if self._url and self._token else None

    def _with_way(self, because: Phrase) -> Phrase:
        """The reason and, for the server of this folder, how the owner of its record gets a token."""
        owner = Folder(self.data).owner()
        if owner is None or owner.url != self._url:
            return because
        return sentence("unanswered.way", because=because, data=self.data)
