"""Everybody who posts in a demo, over HTTP, each with a token of their own, on a simulated clock."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from datetime import datetime
from heapq import merge
from itertools import count
from typing import Any, NamedTuple

import msgspec
from aiohttp import ClientSession
from rich.console import Console

from api.cloudevents import BATCH_TYPE
from api.demo.cloud_events import Event, Posting
from api.demo.course import HUBS
from api.demo.preparation import preparatory_acts
from api.demo.programme import SECRETARIAT
from api.demo.showing import bar
from api.demo.simulation import calendars, designations
from api.terminal_language import tell

VERIFIER, ANALYST, AUDITOR = "verifier", "analyst", "auditor"
"""Actors of no hub, besides the secretariat. Each hub has a preparer, named as the hub, and an attester
(`EU-BRU/2`)."""

ATTEMPTS = 30
"""How often a request is repeated that is answered 503 with `Retry-After`, as while tables are built."""

Act = tuple[str, str, Event]
"""Type, stream, data: an act, at the server's time."""


class SimulatedClock:
    """The simulated time; only a demo's folder may be written by one."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def __call__(self) -> datetime:
        return self.now


class DemoCredential(NamedTuple):
    id: str
    token: str


class Narrator:
    """The year's steps that are still to come, who posts them, and how many the record took."""

    def __init__(
        self, http: ClientSession, clock: SimulatedClock, steps: Iterable[Iterable[Posting]], out: Console
    ) -> None:
        self.clock = clock
        self.people: dict[str, DemoCredential] = {}
        self.recorded = self.duplicates = self.position = 0
        self._http = http
        self._steps = deque(merge(*steps, key=lambda step: step.now))
        self._out = out
        self._positions: dict[str, int] = {}
        self._ids = count(1)

    async def begin(self, operator: str) -> None:
        """Issues the tokens, designates the hubs and lays down what the year goes by."""
        self.people["operator"] = DemoCredential("", operator)
        roles = {SECRETARIAT: "secretariat", VERIFIER: "secretariat", ANALYST: "analyst", AUDITOR: "auditor"}
        for name, role in roles.items():
            await self._issue(name, {"role": role})
        for hub, event in designations():
            await self.post(SECRETARIAT, [event])
            for name in (hub.id, f"{hub.id}/2"):
                await self._issue(name, {"role": "hub", "hub": hub.id})
        await self.post(SECRETARIAT, [*calendars(), *preparatory_acts()])
        for hub in HUBS[:2]:
            await self._taken_in(hub.id)

    async def until(self, moment: datetime) -> None:
        """Posts what reaches the record by a moment, who posts at the same time in parallel; then it is that moment."""
        due = [self._steps.popleft() for _ in range(sum(step.now <= moment for step in self._steps))]
        total = sum(len(events) for step in due for events in step.posts.values())
        with bar(self._out, "posting", total) as update:
            what = tell("demo.bar", "posting")
            for step in due:
                self.clock.now = step.now
                posts = [self.post(who, [self._resolved(it) for it in posted]) for who, posted in step.posts.items()]
                await asyncio.gather(*posts)
                for who, posted in step.posts.items():
                    for data, file in ((it["data"], it["file"]) for it in posted if "file" in it):
                        await self.ask("PUT", f"/v1/evidence/{data['sha256']}", who, file, data["media_type"])
                update(advance=sum(map(len, step.posts.values())), description=f"{what}, {step.now:%Y-%m-%d}")
        self.clock.now = moment

    async def act(self, who: str, *acts: Act) -> None:
        """Somebody's acts, in order, in one batch."""
        events = [
            {"specversion": "1.0", "id": f"act-{next(self._ids)}", "source": "demo", "type": type_, "subject": subject}
            | {"data": data}
            for type_, subject, data in acts
        ]
        await self.post(who, events)

    async def post(self, who: str, events: list[Event]) -> None:
        """Posts a batch of which nothing is refused. Raises RuntimeError for what is."""
        answer = await self.ask("POST", "/v1/events", who, events, BATCH_TYPE)
        self.recorded += answer["recorded"]
        self.duplicates += answer["duplicates"]
        for event, result in zip(events, answer["results"], strict=True):
            if result["status"] == "refused":
                raise RuntimeError(f"the demo's own {event['type']} was refused: {result['problem']['detail']}")
            self._positions[event["id"]] = result["position"]
            self.position = max(self.position, result["position"])

    async def ask(
        self,
        method: str,
        path: str,
        who: str = ANALYST,
        body: Any = None,
        type_: str = "application/json",
        **query: Any,
    ) -> Any:
        """The answer to a request, repeated while the answer says when to. Raises RuntimeError for a problem."""
        headers = {"Authorization": f"Bearer {self.people[who].token}", "Content-Type": type_}
        encoded = body if body is None or isinstance(body, bytes) else msgspec.json.encode(body)
        for _ in range(ATTEMPTS):
            async with self._http.request(method, path, params=query, data=encoded, headers=headers) as answer:
                found = msgspec.json.decode(await answer.read())
            if answer.status != 503 or "Retry-After" not in answer.headers:
                break
            await asyncio.sleep(int(answer.headers["Retry-After"]))
        if answer.status >= 400 and "results" not in found:
            raise RuntimeError(f"{method} {path} answered the demo {answer.status}: {found['detail']}")
        return found

    async def _taken_in(self, hub: str) -> None:
        """The vault takes in a person of a hub, who agrees to a use."""
        personal = {"reference": f"{hub}-001", "name_ko": "김모의", "affiliation": "모의대학교"}
        taken = await self.ask("POST", "/v1/persons", hub, personal)
        consent = {"purpose": "exchange", "until": "2027-12-31"}
        await self.ask("POST", f"/v1/persons/{taken['pseudonym']}/consents", hub, consent)

    async def _issue(self, name: str, request: dict[str, str]) -> None:
        issued = await self.ask("POST", "/v1/tokens", "operator", request)
        self.people[name] = DemoCredential(issued["id"], issued["token"])

    def _resolved(self, event: Event) -> Event:
        """What is posted: a correction or void with the position of what it restates, as the hub's client knows it from
        the answer, and of what is deposited no file."""
        event_only = {name: value for name, value in event.items() if name not in ("corrects", "file")}
        if "corrects" not in event:
            return event_only
        return event_only | {"data": event["data"] | {"entry": self._positions[event["corrects"]]}}
