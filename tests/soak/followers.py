"""Feeds of the record that are resumed by `Last-Event-ID` wherever they break off."""

from __future__ import annotations

import http.client
import threading
import time
from array import array

from tests.soak.tally import PATIENCE, Tally


class Follower(threading.Thread):
    """`seen` are the positions that it was told of, from the first entry on."""

    def __init__(self, who: str, tally: Tally, leaving: threading.Event) -> None:
        super().__init__(daemon=True)
        self.who, self.tally, self.leaving = who, tally, leaving
        self.seen = array("q")
        self.connected = 0

    @property
    def last(self) -> int:
        return self.seen[-1] if self.seen else 0

    def run(self) -> None:
        while not self.leaving.is_set():
            server = self.tally.server
            life, serving = server.life, server.serving
            connection = http.client.HTTPConnection(server.address, timeout=PATIENCE)
            try:
                self._follow(connection)
            except (OSError, http.client.HTTPException) as error:
                time.sleep(0.5)
                if serving and server.serving and life == server.life and not self.leaving.is_set():
                    self.tally.fault(f"the feed of {self.who} broke off behind {self.last}: {error!r}")
            finally:
                connection.close()
            self.leaving.wait(0.3)

    def _follow(self, connection: http.client.HTTPConnection) -> None:
        headers = {"Authorization": f"Bearer {self.tally.tokens[self.who]}", "Last-Event-ID": str(self.last)}
        connection.request("GET", "/v1/events/live?after=0", headers=headers)
        answer = connection.getresponse()
        self.tally.count("GET /v1/events/live", answer.status)
        if answer.status != 200:
            said = answer.read()
            if answer.status not in (429, 503):
                self.tally.fault(f"the feed of {self.who} behind {self.last}: {answer.status} {said[:300]!r}")
            return
        self.connected += 1
        id_: int | None = None
        while (line := answer.readline()) and not self.leaving.is_set():
            if line.startswith(b"id: "):
                id_ = int(line[4:])
            elif line == b"event: ended\n":
                self.tally.fault(f"the feed of {self.who} was ended behind {self.last}")
            elif line == b"\n" and id_ is not None:
                if id_ <= self.last:
                    self.tally.fault(f"the feed of {self.who} told {id_} behind {self.last}")
                self.seen.append(id_)
                id_ = None


def missed(seen: list[int], record: list[int]) -> list[str]:
    """How the positions that a feed told differ from those of the record up to the last told."""
    last = max(seen, default=None)
    upto = [it for it in record if last is None or it <= last]
    if seen == upto:
        return []
    return [f"positions missed: {sorted({*upto} - {*seen})[:10]}, without an entry: {sorted({*seen} - {*upto})[:10]}"]
