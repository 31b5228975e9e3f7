"""A half-year check over HTTP, step by step, as the hubs and the secretariat go through it."""

from __future__ import annotations

from itertools import count
from typing import Any
from urllib.parse import urlencode

from tests.api.door import Answer, Door, event, opened
from tests.made_once import WORKER

HUBS = ("EU-BRU", "AS-SIN")
INDICATORS = {"HD-01": 1, "HD-04": 1, "JR-01": 1, "EX-01": 1}
CUTOFF = {"2025S1": "2025-06-30T14:59:59.999999Z", "2025S2": "2025-12-31T14:59:59.999999Z"}
MONTH = {"2025S1": "2025-03", "2025S2": "2025-09"}
POPULATION = "SELECT position FROM effective WHERE kind = 'case' AND hub = '{hub}'"
PROOF = "5e" * 32
ids = count(1_000_000 + 100_000 * WORKER)  # lower ones are in records of releases before, others of other workers


class HalfYear:
    """`who` names tokens: of each hub a preparer and an attester, of the secretariat a chair and a verifier."""

    def __init__(self, door: Door, period: str = "2025S1") -> None:
        self.door, self.period = door, period
        for hub in HUBS:
            if f"{hub}/2" not in door.tokens:
                door.tokens[f"{hub}/2"] = door.another("hub", hub)
        if "verifier" not in door.tokens:
            door.tokens["verifier"] = door.another("secretariat")

    def act(self, type_: str, subject: str, data: Any = None, /, who: str = "secretariat") -> Answer:
        return self.door.post(event(type_, subject, f"act-{next(ids)}", data, time=None), who=who)

    def check(self, what: str, data: Any = None, /, who: str = "secretariat") -> Answer:
        return self.act(f"check.{what}", f"check:{self.period}", data, who=who)

    def review(self, hub: str, what: str, data: Any = None, /, who: str | None = None) -> Answer:
        return self.act(f"review.{what}", f"review:{self.period}-{hub}", data, who=who or hub)

    def session(self, what: str, data: Any) -> Answer:
        return self.act(f"session.{what}", f"session:{self.period}-1", data)

    def cases(self, hub: str, number: int, /, day: int = 1, hours: int = 2) -> list[int]:
        """Cases opened and resolved in the half-year; the positions of the openings."""
        positions = []
        for n in range(number):
            key = f"{hub}-{next(ids)}"
            at = f"{MONTH[self.period]}-{day + n % 20:02}T0{{}}:00:00Z"
            one = opened(f"case:{key}", f"{key}-o", time=at.format(1))
            positions.append(self.door.post(one, who=hub).body["position"])
            done = event("case.resolved", f"case:{key}", f"{key}-r", time=at.format(1 + hours))
            assert self.door.post(done, who=hub).status == 201
        return positions

    @property
    def standing(self) -> Any:
        return self.door.get(f"/v1/checks/{self.period}", who="auditor").body

    @property
    def position(self) -> int:
        return int(self.door.get("/readyz").body["position"])

    def figures(self, hub: str) -> Any:
        return self.door.get(f"/v1/checks/{self.period}/figures?hub={hub}", who=hub).body

    def open(self, **more: Any) -> Answer:
        data = {"period": self.period, "due_on": "2025-07-15", "hubs": HUBS, "indicators": INDICATORS}
        return self.check("opened", data | more)

    def cut(self, position: int | None = None, valid: str | None = None) -> Answer:
        cutoff = {"valid_cutoff": valid or CUTOFF[self.period], "position": position or self.position}
        return self.check("cutoff_fixed", cutoff)

    def submit(self, hub: str) -> Answer:
        own = self.figures(hub)
        return self.review(
            hub, "submission_made", {"figures_digest": own["digest"], "cutoff": own["position"], "narrative_ko": "제출"}
        )

    def draw(self, hub: str, size: int = 3) -> dict[str, Any]:
        query = {"population": POPULATION.format(hub=hub), "seed": 7, "size": size, "position": self.position}
        drawn: dict[str, Any] = self.door.get(f"/v1/sample?{urlencode(query)}", who="auditor").body
        del drawn["of"]
        return drawn

    def verify(self, hub: str) -> None:
        sample = self.draw(hub)
        taken(self.review(hub, "verification_started", who="verifier"))
        taken(self.review(hub, "sample_drawn", sample, who="verifier"))
        for position in sample["positions"]:
            taken(self.review(hub, "sample_item_tested", {"position": position, "result": "AGREES"}, who="verifier"))
        taken(self.review(hub, "submission_verified", {"opinion": "CLEAN"}, who="verifier"))

    def close(self) -> None:
        """From an open check with a cut-off to a closed one."""
        for hub in HUBS:
            taken(self.submit(hub))
            taken(self.review(hub, "submission_attested", who=f"{hub}/2"))
        taken(self.check("verification_started"))
        for hub in HUBS:
            self.verify(hub)
        taken(self.check("verification_completed"))
        taken(self.session("convened", {"on": "2025-07-20", "seats": 3, "present": ["m-1", "m-2", "m-3"]}))
        item = {"item": "1", "kind": "DELIBERATION", "subject": f"check:{self.period}", "title_ko": "반기별 점검"}
        taken(self.session("agenda_tabled", item))
        taken(self.check("tabled", {"session": f"{self.period}-1", "item": "1"}))
        taken(self.session("opinion_recorded", {"item": "1", "text_ko": "이견 없음", "text_en": "No objection"}))
        taken(self.check("opinion_received"))
        taken(self.check("closed"))

    def run(self) -> Any:
        """All of it; the edition that is published."""
        taken(self.open())
        taken(self.cut())
        self.close()
        return self.publish()

    def publish(self, **wish: Any) -> Any:
        answer = self.door.ask("POST", f"/v1/editions/{self.period}", wish, who="secretariat")
        assert answer.status in (200, 201), answer.body
        return answer.body

    def qualitative(self, code: str) -> None:
        """Defines a qualitative indicator."""
        it = {"version": 1, "first_period": self.period, "name_ko": "지표", "name_en": code, "unit": "text"}
        taken(self.act("indicator.defined", f"indicator:{code}", it | {"measures": "OUTCOME", "qualitative": True}))

    def assess(self, hub: str, code: str, text_ko: str, **more: Any) -> Answer:
        words = {"indicator": code, "version": 1, "text_ko": text_ko, "evidence": [PROOF]}
        return self.review(hub, "assessment_made", words | more)

    def target(self, code: str, value: str, hub: str | None = None) -> None:
        """Aimed at in the half-year; the indicator is defined where it was not."""
        it = {"version": 1, "first_period": "2025S1", "name_ko": "지표", "name_en": code, "unit": "x"}
        self.act("indicator.defined", f"indicator:{code}", it | {"measures": "PROCESS", "formula": "ab" * 32})
        aim = {"period": self.period, "value": value} | ({"hub": hub} if hub else {})
        taken(self.act("indicator.target_set", f"indicator:{code}", aim))

    def late(self) -> Any:
        return self.door.get(f"/v1/checks/{self.period}/late").body


def taken(answer: Answer) -> Answer:
    assert answer.status == 201, answer.body
    return answer


def code(answer: Answer) -> str:
    assert answer.status >= 400, answer.body
    return str(answer.body["code"])
