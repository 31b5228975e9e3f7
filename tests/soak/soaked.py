"""A soak from its founding to what must hold at its end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from tests.api.door import DESIGNATION, Door, event
from tests.api.half_year import taken
from tests.api.test_away import Postgres
from tests.api.test_visibility import OWNER, SHARES, filled, paths
from tests.hostile.after import not_made
from tests.hostile.made import Request
from tests.soak import end
from tests.soak.followers import Follower, missed
from tests.soak.harm import Harmer
from tests.soak.memory import Stretch, stretches
from tests.soak.pages import ROUTES, PageReader, pages
from tests.soak.readers import MORE, Hostile, House, Reader
from tests.soak.schedule import schedule
from tests.soak.supervised import Supervised
from tests.soak.tally import Tally
from tests.soak.writers import WRITERS, Acknowledged, Writer, lost

HUBS = (SHARES, "AS-SIN", "AS-HAN", "EU-PAR")
"""The writers' hubs. Requests that nobody means may harm the other, EU-BRU: they know its name."""
ROLES = ("operator", "secretariat", "analyst", "auditor", OWNER, SHARES, "")
FOLLOWERS = ("auditor", "secretariat", SHARES, "analyst")


class Visitor(Door):
    """The door of a server in a process of its own."""

    def __init__(self, server: Supervised) -> None:
        self.url, self.operator, self.tokens = f"http://{server.address}", server.token, {}
        self.found()


class Soaked(NamedTuple):
    """What happened; `faults` are all that must not have."""

    tally: Tally
    acknowledged: Acknowledged
    harmer: Harmer
    followers: list[Follower]
    stretches: list[Stretch]
    faults: list[str]


def soaked(
    folder: Path, seconds: float, database: Postgres | None, seed: int, told: Callable[[str], None], readers: int = 4
) -> Soaked:
    """`folder` is empty; a data folder and what the server said are left in it."""
    data, url = folder / "data", database.url if database else None
    server = Supervised(data, url)
    with ExitStack() as stack:
        stack.callback(server.end)
        door = Visitor(server)
        filled(door)
        for hub in HUBS:
            if hub not in door.tokens:
                taken(door.post(event("hub.designated", f"hub:{hub}", hub, DESIGNATION), who="secretariat"))
                door.tokens[hub] = door.another("hub", hub)
        asked = paths(door)
        tally = Tally(server, door.tokens, [*asked, *ROUTES])
        kept, leaving, writing, following = Acknowledged(), threading.Event(), threading.Event(), threading.Event()
        read = [path for it in asked.values() if isinstance(it, list) for path in it if "/events/live" not in path]
        harmer = Harmer(schedule(seconds, "postgres" if database else "sqlite", seed), tally, database, seed, leaving)
        looked_at = pages({"hub": OWNER, "position": "9", "stream": "case:rated"})
        house = House(seed, max(1.25, seconds / 120), tally, leaving)
        writers = [Writer(n, HUBS[n % len(HUBS)], tally, kept, writing) for n in range(WRITERS)]
        followers = [Follower(who, tally, following) for who in FOLLOWERS]
        others = [
            *(Reader(n, read, ROLES, tally, leaving) for n in range(readers)),
            *(PageReader(n, looked_at, ROLES[:-1], tally, leaving) for n in range(2)),
            *(Hostile(n, 2, tally, leaving) for n in range(2)),
            house,
        ]
        for thread in (*writers, *followers, *others, harmer):
            thread.start()
        begun = time.monotonic()
        while (passed := time.monotonic() - begun) < seconds:
            size = server.sizes[-1][2] // 1024 if server.sizes else 0
            told(
                f"{passed:5.0f} s: {sum(tally.answers.values())} asked, {len(kept.positions)} acknowledged,"
                f" {tally.repeated} repeated, {server.kills} kills, {size} MiB,"
                f" {len(tally.faults) + len(server.faults)} faults {harmer.now}"
            )
            time.sleep(min(5.0, seconds / 12))
        found = stretches([*server.sizes])
        told("over; every writer is answered")
        for event_, threads in ((leaving, [harmer, *others]), (writing, writers)):
            event_.set()
            for thread in threads:
                thread.join(180)
                if thread.is_alive():
                    tally.fault(f"{thread} did not come to its end")
        faults = end.not_ready(tally)
        told("ready; what nobody asked meanwhile is asked, and feeds come to the end")
        house.once()
        for path in (*read, *MORE):
            if tally.route(Request("GET", path, "", {}, None)) in tally.unasked():
                tally.get(path, "auditor")
        looking = PageReader(0, looked_at, ROLES, tally, leaving)
        for path in looked_at:
            if looking.look(path, "secretariat") != 200:
                tally.fault(f"{path} is not shown when all is quiet")
        house.check_files()
        head = int(door.get("/readyz").body["position"])
        until = time.monotonic() + 60
        while time.monotonic() < until and any(it.last < head for it in followers):
            time.sleep(0.2)
        following.set()
        faults += [f"the feed of {it.who} stands at {it.last} of {head}" for it in followers if it.last < head]
        told("everything is made of the record")
        faults += not_made(server.address, door.tokens["auditor"], end.LISTS)
        served = end.figures(tally, head)
        server.stop()
        told("the record itself")
        faults += end.not_verified(data, url)
        record = end.recorded(data, url)
        faults += lost(kept.positions, record.posted)
        for it in followers:
            faults += [f"the feed of {it.who}: {what}" for what in missed([*it.seen], record.positions)]
        told("tables made anew")
        for mirror in data.glob("mirror-*"):
            mirror.unlink()
        server.start()
        faults += end.not_ready(tally)
        faults += end.unlike(served, end.figures(tally, head))
        server.stop()
    faults += [f"memory: {it}" for it in found if not it.flat]
    faults += [f"nobody was answered by {route}" for route in sorted(tally.unasked())]
    return Soaked(tally, kept, harmer, followers, found, [*server.faults, *tally.faults, *faults])
