"""How one hub of a demo reports: mostly in time, sometimes weeks late, with slips that it corrects, and some twice."""

from __future__ import annotations

import hashlib
import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from api.demo.cloud_events import YEAR, Event, cloud_event
from api.demo.course import SimulatedHub

END = datetime(YEAR + 1, 2, 26, tzinfo=UTC)
"""Late facts of the year are posted until then."""


class HubTeller:
    """What a hub posts, as (when it is posted, event)."""

    def __init__(self, hub: SimulatedHub, rng: random.Random) -> None:
        self.hub = hub
        self.rng = rng
        self.zone = ZoneInfo(hub.tz)
        self.countries = hub.partners.split()
        self.events: list[tuple[datetime, Event]] = []

    def tell(
        self,
        stream: str,
        type_: str,
        at: datetime,
        data: Event,
        typo: Event | None = None,
        evidence: bool = False,
        sure: bool = False,
        name: str = "",
    ) -> None:
        """Posts a fact when the hub got round to it: mostly within two days, sometimes weeks late; what is `sure` in
        time, and never taken back. `name` makes it distinct from others of its type at the moment."""
        rng = self.rng
        recorded_at = at + (self.hours(200, 1200) if rng.random() < 0.08 and not sure else self.hours(0, 40))
        wrong = typo is not None and rng.random() < 0.09
        given = data | (typo if wrong and typo else {})
        event = cloud_event(stream, type_, at.astimezone(self.zone), given, f"{stream}/{type_}/{name}" if name else "")
        if evidence:
            event["evidence"] = hashlib.sha256(event["id"].encode()).hexdigest()
        self.events.append((recorded_at, event))
        if rng.random() < 0.02:
            self.events.append((recorded_at + self.hours(0, 100), event))
        if wrong:
            self._restate("corrected", event, recorded_at + self.hours(30, 1500), {"reason": "CLERICAL", "data": data})
        elif rng.random() < 0.004 and not sure:
            self._twice(event, recorded_at + self.hours(1, 20))

    def tell_on(self, posted: datetime, stream: str, type_: str, at: datetime, data: Event) -> None:
        """Posts a fact at a moment, once."""
        self.events.append((posted, cloud_event(stream, type_, at, data)))

    def load(self, stream: str, type_: str, day: date, data: Event) -> None:
        """Posts a fact of years before, loaded out of older books in the first weeks of the year."""
        at = datetime.combine(day, time(3), UTC)
        self.events.append(
            (
                datetime(YEAR, 1, 14, 1, tzinfo=UTC),
                cloud_event(stream, type_, at, data, f"{stream}/{type_}/{day}") | {"imported": True},
            )
        )

    def _twice(self, event: Event, posted_at: datetime) -> None:
        """The same under another id, by another clerk; found to be a duplicate, and voided."""
        again = event | {"id": f"{event['id']}-again"}
        found = posted_at + self.hours(30, 300)
        if found < END:
            self.events.append((posted_at, again))
            self._restate("voided", again, found, {"reason": "DUPLICATE"})

    def _restate(self, how: str, event: Event, at: datetime, data: Event) -> None:
        note = cloud_event(event["subject"], f"entry.{how}", at, data, id_=f"{event['id']}-{how}")
        self.events.append((at, note | {"corrects": event["id"]}))

    def day(self, last: int = 350) -> datetime:
        """A moment in the working hours of a day of the year, up to the `last`."""
        day = date(YEAR, 1, 2) + timedelta(days=self.rng.randint(0, last))
        return datetime.combine(day, time(9), self.zone).astimezone(UTC) + self.hours(0, 9)

    def noon(self, day: date) -> datetime:
        return datetime.combine(day, time(12), self.zone).astimezone(UTC)

    def hours(self, least: float, most: float) -> timedelta:
        return timedelta(minutes=round(self.rng.uniform(least, most) * 60))

    def abroad(self, thousands: int) -> Event:
        """A sum in the currency of the place of the hub."""
        return {"amount": f"{thousands}000", "currency": self.hub.currency}

    def partner(self) -> tuple[str, str]:
        """One of the hub's partners, and its country."""
        n = self.rng.randint(1, PARTNERS)
        return partner_of(self.hub, n)


PARTNERS = 8
"""How many partners each hub has."""


def partner_of(hub: SimulatedHub, n: int) -> tuple[str, str]:
    """The key of the n-th partner of a hub, and its country."""
    countries = hub.partners.split()
    return f"{hub.id}-P{n:02d}", countries[n % len(countries)]
