"""Readers of every route and role, acts, and requests that nobody means."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import msgspec

from tests.api.door import BATCH, SINGLE, event, opened
from tests.hostile import made
from tests.hostile.made import Request
from tests.soak.tally import Said, Tally
from tests.soak.writers import AT, SOURCE

ANSWERED = (200, 403, 404, 429, 503, 507)
"""What who asks in order may be answered."""
PDF = "application/pdf"
MORE = (
    "/v1/types",
    "/v1/types/case.opened",
    f"/v1/editions/contents/{'0' * 64}",
    "/v1/log/tile/0/000",
    "/v1/log/tile/entries/000",
    "/livez",
    "/readyz",
    "/metrics",
    "/openapi.json",
)


class Reader(threading.Thread):
    """Asks one of the paths after the other, as one of the roles or nobody."""

    def __init__(
        self, number: int, paths: Sequence[str], roles: Sequence[str], tally: Tally, leaving: threading.Event
    ) -> None:
        super().__init__(daemon=True)
        self.paths, self.roles, self.tally, self.leaving = [*paths, *MORE], roles, tally, leaving
        self.dice = random.Random(f"reader {number}")

    def run(self) -> None:
        while not self.leaving.is_set():
            self.dice.shuffle(self.paths)
            for path in self.paths:
                if self.leaving.wait(self.dice.expovariate(3)):
                    return
                who = self.dice.choice(self.roles)
                said = self.tally.get(path, who)
                if said is not None and said.status not in ANSWERED and not (who == "" and said.status == 401):
                    self.tally.fault(f"{said.status} for {path}: {said.raw[:300]!r}")


class Hostile(threading.Thread):
    """Bodies and queries of tests/hostile, one after the other."""

    def __init__(self, number: int, of: int, tally: Tally, leaving: threading.Event) -> None:
        super().__init__(daemon=True)
        self.number, self.of, self.tally, self.leaving = number, of, tally, leaving

    def run(self) -> None:
        for n in count(self.number, self.of):
            if self.leaving.wait(0.05):
                return
            self.tally.ask(made.body(n) if n % 3 else made.query(n))


class House(threading.Thread):
    """The acts that no other client does: people, tokens, files, an edition, the mirror made anew."""

    def __init__(self, seed: int, pause: float, tally: Tally, leaving: threading.Event) -> None:
        super().__init__(daemon=True)
        self.pause, self.tally, self.leaving = pause, tally, leaving
        self.dice = random.Random(f"house {seed}")
        self.files: dict[str, bytes] = {}

    def run(self) -> None:
        acts = self._acts()
        while True:
            self.dice.shuffle(acts)
            for act in acts:
                if self.leaving.wait(self.dice.uniform(0.5, 1.5) * self.pause):
                    return
                act()

    def once(self) -> None:
        """Each act once."""
        for act in self._acts():
            act()

    def _acts(self) -> list[Callable[[], None]]:
        acts = [self._known, self._token, self._person, self._person, self._edition, self._rebuild, self._later]
        return [*acts, self._file]

    def _known(self) -> None:
        self.tally.send("POST", "/v1/events/known", "AM-NYC", [opened("case:S-0-0", "0-0-o", source=SOURCE)], BATCH)

    def _token(self) -> None:
        issued = self._sent("POST", "/v1/tokens", "operator", {"role": "analyst"}, 201)
        if issued is None:
            return
        token, id_ = issued.body["token"], issued.body["id"]
        if self._sent("DELETE", f"/v1/tokens/{id_}", "operator", None, 204):
            said = self.tally.get("/v1/views", token)
            if said is not None and said.status not in (401, 429):
                self.tally.fault(f"a revoked token opens {said.status}")

    def _person(self) -> None:
        person = {"name_en": f"Person {self.dice.randrange(10**9)}", "reference": f"r-{self.dice.randrange(10**9)}"}
        if (added := self._sent("POST", "/v1/persons", "AM-NYC", person, 201)) is None:
            return
        path = f"/v1/persons/{added.body['pseudonym']}"
        self.tally.send("POST", "/v1/persons/resolve", "AM-NYC", {"references": [person["reference"]]})
        self.tally.send("POST", path, "AM-NYC", person | {"name_en": "Another"})
        self.tally.get(f"{path}?purpose=SOAK", "AM-NYC")
        for what, name in (("consents", "purpose"), ("holds", "law")):
            self.tally.send("POST", f"{path}/{what}", "AM-NYC", {name: "SOAK"})
            self.tally.send("DELETE", f"{path}/{what}?{name}=SOAK", "AM-NYC", None)
        self.tally.send("DELETE", f"{path}?basis=SOAK", "AM-NYC", None)

    def _edition(self) -> None:
        self.tally.send("POST", "/v1/editions/2025S1", "secretariat", {})

    def _rebuild(self) -> None:
        self._sent("POST", "/v1/mirror/rebuild", "operator", None, 200)

    def _later(self) -> None:
        """A long answer that is fetched later."""
        path = "/v1/work/none"
        told = self.tally.ask(Request("GET", "/v1/diff?a=1&b=now", "auditor", {"Prefer": "respond-async"}, None))
        if told is not None and told.status == 202:
            path = f"/v1/work/{told.body['id']}"
        for asked in (path, f"{path}/answer"):
            self.tally.get(asked, "auditor")
        self.tally.send("DELETE", path, "auditor", None)

    def _file(self) -> None:
        """A file of an item: deposited, handed in, and given out as it came."""
        body = self.dice.randbytes(self.dice.randrange(1, 300_000))
        digest = hashlib.sha256(body).hexdigest()
        data = {"sha256": digest, "bytes": len(body), "media_type": PDF, "custodian": "AM-NYC", "retention": "Y10"}
        deposited = event("evidence.deposited", f"evidence:S-{digest[:12]}", digest, data, source=SOURCE, time=AT)
        self.tally.send("POST", "/v1/events", "AM-NYC", deposited, SINGLE)
        said = self.tally.ask(Request("PUT", f"/v1/evidence/{digest}", "AM-NYC", {"Content-Type": PDF}, body))
        if said is not None and said.status in (200, 201):
            self.files[digest] = body
            self._fetched(digest)

    def check_files(self) -> None:
        """Every file that was acknowledged as kept is given out as it came."""
        for digest in self.files:
            self._fetched(digest, again=True)

    def _fetched(self, digest: str, again: bool = False) -> None:
        said = self.tally.get(f"/v1/evidence/{digest}?purpose=SOAK", "AM-NYC")
        if said is not None and said.status == 200:
            if said.raw != self.files[digest]:
                self.tally.fault(f"the file {digest} is another than came")
        elif again or (said is not None and said.status not in (429, 503, 507)):
            self.tally.fault(f"{said and said.status} for the file {digest} that was kept: {said and said.raw[:300]!r}")

    def _sent(self, method: str, path: str, who: str, body: Any, wanted: int) -> Said | None:
        """The answer that was wanted; None where it was said that it is not the time."""
        raw = None if body is None else msgspec.json.encode(body)
        said = self.tally.ask(Request(method, path, who, {"Content-Type": "application/json"}, raw))
        if said is None or said.status in (429, 503, 507):
            return None
        if said.status != wanted:
            self.tally.fault(f"{said.status} for {method} {path}: {said.raw[:300]!r}")
            return None
        return said
