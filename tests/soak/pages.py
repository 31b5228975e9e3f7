"""Who looks at pages: signed in, and signed in again where a server that was killed knows him no more."""

from __future__ import annotations

import http.client
import random
import threading

from api.web.site import PLACES
from tests.api.door import PATH_PARTS
from tests.hostile.made import Request
from tests.hostile.trial import signed_in
from tests.soak.tally import Tally

LOOKED = (200, 303, 403, 404, 409, 429, 503, 507)
"""What a page may answer; 303 leads who is not signed in to where he signs in."""
ROUTES = [("GET", it.canonical) for it in PLACES]


def pages(parts: dict[str, str]) -> list[str]:
    """The path of each page, with something in place of what it is about."""
    return [it.canonical.format(**PATH_PARTS | parts) for it in PLACES]


class PageReader(threading.Thread):
    """Looks at one page after the other, in either language."""

    def __init__(
        self, number: int, paths: list[str], roles: tuple[str, ...], tally: Tally, leaving: threading.Event
    ) -> None:
        super().__init__(daemon=True)
        self.paths, self.roles, self.tally, self.leaving = paths, roles, tally, leaving
        self.dice = random.Random(f"pages {number}")
        self.cookies: dict[str, str] = {}

    def run(self) -> None:
        while not self.leaving.wait(self.dice.expovariate(1)):
            self.look(self.dice.choice(self.paths), self.dice.choice(self.roles))

    def look(self, path: str, who: str) -> int | None:
        """The page's status; None where there was no answer."""
        if who not in self.cookies and not self._sign_in(who):
            return None
        headers = {
            "Accept": "text/html",
            "Accept-Language": self.dice.choice(["ko", "en"]),
            "Cookie": self.cookies[who],
        }
        said = self.tally.ask(Request("GET", path, "", headers, None))
        if said is None:
            return None
        if said.status == 303:
            del self.cookies[who]
        elif said.status not in LOOKED:
            self.tally.fault(f"{said.status} for {path}: {said.raw[:300]!r}")
        elif said.status == 200 and b"</html>" not in said.raw:
            self.tally.fault(f"{path} is no whole page: {said.raw[-300:]!r}")
        return said.status

    def _sign_in(self, who: str) -> bool:
        try:
            cookie = signed_in(self.tally.server.address, self.tally.tokens[who])
        except (OSError, http.client.HTTPException):
            return False  # killed meanwhile; whoever asks next is told by the tally
        if cookie:
            self.cookies[who] = cookie
        return bool(cookie)
