"""What is told over HTTP, each fact by its role, and what a reader sees of it at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.api.door import Answer, Clock, Door, event

S = "secretariat"
PATIENCE = 20
"""So many times a question is asked again."""


class Story:
    """`told` is the position of what was told last; every question waits until it is moved."""

    def __init__(self, door: Door, clock: Clock) -> None:
        self.door, self.clock = door, clock
        self.told = 0
        self.count = 0

    def now(self, day: str) -> None:
        """It is noon in Seoul on a day."""
        self.clock.now = datetime.fromisoformat(day).replace(hour=3, tzinfo=UTC)

    def post(self, who: str, type_: str, subject: str, data: Any, time: str, **more: Any) -> Answer:
        self.count += 1
        when = time if "T" in time else f"{time}T01:00:00Z"
        return self.door.post(event(type_, subject, f"{self.count}", data, time=when, **more), who=who)

    def tell(self, who: str, type_: str, subject: str, data: Any, time: str, **more: Any) -> int:
        """The position of what is told; `time` may be a day, ten o'clock in Seoul."""
        answer = self.post(who, type_, subject, data, time, **more)
        assert answer.status == 201, answer.body
        self.told = int(answer.body["position"])
        return self.told

    def refused(self, who: str, type_: str, subject: str, data: Any, time: str) -> tuple[str, str | None]:
        """With which code, and the path of what is wrong."""
        answer = self.post(who, type_, subject, data, time)
        assert answer.status in (400, 403, 422), answer.body
        return answer.body["code"], answer.body.get("facts", {}).get("path")

    def correct(self, who: str, subject: str, entry: int, data: Any, **more: Any) -> int:
        """`more` may say `evidence`, and when it happened as now known, `occurred_at`."""
        moment = {name: more.pop(name) for name in ("occurred_at",) if name in more}
        said = {"entry": entry, "reason": "CLERICAL", "data": data, **moment}
        return self.tell(who, "entry.corrected", subject, said, self._today, **more)

    def void(self, who: str, subject: str, entry: int) -> int:
        return self.tell(who, "entry.voided", subject, {"entry": entry, "reason": "DUPLICATE"}, self._today)

    @property
    def _today(self) -> str:
        return f"{self.clock.now:%Y-%m-%d}"

    def rows(self, view: str, at: str = "", who: str = "auditor", **where: Any) -> list[dict[str, Any]]:
        """Rows of a view, as of a point such as `valid=2026-05-05`."""
        found: list[dict[str, Any]] = self._ask(
            f"views/{view}?" + "&".join([*(f"where={column}={value}" for column, value in where.items()), at]), who
        )["rows"]
        return found

    def row(self, view: str, at: str = "", **where: Any) -> dict[str, Any]:
        (row,) = self.rows(view, at, **where)
        return row

    def state(self, stream: str, at: str = "") -> dict[str, Any]:
        found: dict[str, Any] = self._ask(f"streams/{stream}?{at}", "auditor")["state"]
        return found

    def figure(self, code: str, period: str, **where: str) -> float | None:
        """Of all hubs together, or of one slice, such as `hub="EU-BRU"`; None where there is none."""
        value = self.told_of(code, period, **where).get("value")
        return None if value is None else float(value)

    def told_of(self, code: str, period: str, **where: str) -> dict[str, Any]:
        """The row of a figure, empty where there is none."""
        by = "".join(f"&by={name}&where={name}={value}" for name, value in where.items())
        rows = self._ask(f"indicators/{code}?period={period}{by}", "auditor")["rows"]
        assert len(rows) < 2, rows
        return dict(rows[0]) if rows else {}

    def irregular(self, code: str) -> list[int]:
        return [it["position"] for it in self.rows("irregularities", code=code)]

    def planned(self) -> list[str]:
        return [it["type"] for it in self.rows("planned")]

    def _ask(self, path: str, who: str) -> dict[str, Any]:
        for _ in range(PATIENCE):
            answer = self.door.get(f"/v1/{path}&after={self.told}", who=who)
            if answer.status != 503:  # on a busy machine tables take longer than a question waits for them
                break
        assert answer.status == 200, answer.body
        body: dict[str, Any] = answer.body
        return body
