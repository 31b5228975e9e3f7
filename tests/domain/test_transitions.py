"""Every transition of every kind of stream, and that there is no other: from each status, with each type of fact."""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_type_hints

import pytest
from msgspec.structs import replace

from domain import registry
from domain.acts import (
    calendar,
    check,
    check_events,
    clock,
    credential,
    finding,
    fx,
    indicator,
    person,
    review,
    seal,
    session,
    sla,
)
from domain.acts.edition import EditionKey
from domain.record import SAGWAN, Fact, Refused, Role
from domain.registry import ACTS, FACTS, KINDS, TYPES
from tests.domain.given import START, Given, given

ROOT = Path(__file__).parents[2]

COURSES: dict[str, dict[str, list[str]]] = {
    "hub": {
        "none": [],
        "designated": ["designated"],
        "suspended": ["designated", "suspended"],
        "revoked": ["designated", "revoked"],
    },
    "centre": {"none": [], "registered": ["registered"], "closed": ["registered", "closed"]},
    "partner": {"none": [], "registered": ["registered"], "merged": ["registered", "identity_merged"]},
    "map": {
        "none": [],
        "drafted": ["drafted"],
        "approved": ["drafted", "approved"],
        "superseded": ["drafted", "approved", "superseded"],
    },
    "project": {
        "none": [],
        "proposed": ["proposed"],
        "classified": ["proposed", "security_class_assigned"],
        "agreed": ["proposed", "agreement_signed"],
        "launched": ["proposed", "agreement_signed", "launched"],
        "suspended": ["proposed", "launched", "suspended"],
        "completed": ["proposed", "launched", "completed"],
        "terminated": ["proposed", "launched", "terminated"],
        "withdrawn": ["proposed", "withdrawn"],
    },
    "exchange": {
        "none": [],
        "nominated": ["nominated"],
        "accepted": ["nominated", "accepted"],
        "declined": ["nominated", "declined"],
        "departed": ["nominated", "accepted", "departed"],
        "arrived": ["nominated", "departed", "arrived"],
        "returned": ["arrived", "returned"],
        "recognised": ["returned", "outcome_recognised"],
        "cancelled": ["nominated", "cancelled"],
    },
    "expansion": {
        "none": [],
        "enrolled": ["company_enrolled"],
        "supported": ["company_enrolled", "support_delivered"],
        "closed": ["company_enrolled", "closed"],
    },
    "case": {
        "unopened": [],
        "open": ["opened"],
        "triaged": ["opened", "triaged"],
        "in_progress": ["opened", "assigned"],
        "waiting": ["opened", "clock_stopped"],
        "resolved": ["opened", "resolved"],
        "closed": ["opened", "closed"],
        "merged": ["opened", "assigned", "merged"],
    },
    "evidence": {"none": [], "deposited": ["deposited"], "purged": ["deposited", "purged"]},
}
"""Of each kind of the world, facts that lead to each status."""

LEADS: dict[str, dict[str, str]] = {
    "hub": {
        "designated": "designated",
        "suspended": "suspended",
        "reinstated": "designated",
        "revoked": "revoked",
    },
    "centre": {"registered": "registered", "closed": "closed"},
    "partner": {"registered": "registered", "identity_merged": "merged"},
    "map": {"drafted": "drafted", "approved": "approved", "superseded": "superseded"},
    "project": {
        "proposed": "proposed",
        "agreement_signed": "agreed",
        "launched": "launched",
        "suspended": "suspended",
        "resumed": "launched",
        "completed": "completed",
        "terminated": "terminated",
        "withdrawn": "withdrawn",
    },
    "exchange": {
        "nominated": "nominated",
        "accepted": "accepted",
        "declined": "declined",
        "departed": "departed",
        "arrived": "arrived",
        "returned": "returned",
        "outcome_recognised": "recognised",
        "cancelled": "cancelled",
    },
    "expansion": {"company_enrolled": "enrolled", "support_delivered": "supported", "closed": "closed"},
    "case": {
        "opened": "open",
        "triaged": "triaged",
        "assigned": "in_progress",
        "clock_started": "in_progress",
        "clock_stopped": "waiting",
        "referred": "waiting",
        "resolved": "resolved",
        "reopened": "in_progress",
        "closed": "closed",
        "merged": "merged",
    },
    "evidence": {"deposited": "deposited", "purged": "purged"},
}
"""Where a fact leads, from whatever status; one that is not here leads nowhere."""

HELD: dict[tuple[str, str], str] = {
    ("hub", "revoked"): "suspended",
    ("map", "approved"): "drafted",
    ("map", "superseded"): "drafted approved",
    ("project", "agreed"): "proposed",
    ("project", "launched"): "proposed agreement_signed",
    ("project", "suspended"): "proposed agreement_signed",
    ("project", "completed"): "proposed agreement_signed",
    ("project", "terminated"): "proposed agreement_signed",
    ("project", "withdrawn"): "proposed agreement_signed",
    ("exchange", "accepted"): "nominated",
    ("exchange", "declined"): "nominated",
    ("exchange", "departed"): "nominated accepted declined",
    ("exchange", "cancelled"): "nominated accepted declined",
    ("exchange", "arrived"): "nominated accepted declined departed cancelled",
    ("exchange", "returned"): "nominated accepted declined departed cancelled arrived",
    ("exchange", "recognised"): "nominated accepted declined departed cancelled arrived returned",
    ("expansion", "supported"): "company_enrolled",
    ("expansion", "closed"): "company_enrolled",
    ("case", "triaged"): "opened",
    ("case", "in_progress"): "opened triaged",
    ("case", "waiting"): "opened triaged",
}
"""By status, what takes nothing back: it is of an earlier stage, and happened later."""

OTHERWISE: dict[tuple[str, str, str], str] = {
    **{(kind, status, what): status for (kind, status), whats in HELD.items() for what in whats.split()},
    ("partner", "merged", "registered"): "merged",
    ("partner", "merged", "identity_merge_reversed"): "registered",
    ("project", "none", "security_class_assigned"): "classified",
    ("project", "proposed", "security_class_assigned"): "classified",
    ("project", "classified", "proposed"): "classified",
    **{("case", "merged", what): "merged" for what in LEADS["case"]},
    ("case", "merged", "merge_reversed"): "in_progress",
}
"""Where it depends on the status."""


@pytest.fixture
def samples(golden: list[bytes]) -> dict[str, Fact]:
    """A stored fact of every type."""
    return {registry.tag(fact): fact for fact in (registry.entries.decode(line).fact for line in golden)}


@pytest.mark.parametrize(("kind", "status"), [(kind, status) for kind, them in COURSES.items() for status in them])
def test_every_fact_of_the_world_leads_where_the_drawing_says(kind: str, status: str, samples: dict[str, Fact]) -> None:
    course = given(kind, *(samples[f"{kind}.{what}"] for what in COURSES[kind][status]))
    assert course.state.status == status
    for type_, fact in samples.items():
        named, _, what = type_.partition(".")
        if named == kind:
            leads = OTHERWISE.get((kind, status, what), LEADS[kind].get(what, status))
            assert course.when(fact).status == leads, f"{type_} while {status}"


def test_every_kind_and_every_status_of_the_world_is_tried() -> None:
    assert COURSES.keys() == FACTS.keys()
    for kind, them in COURSES.items():
        assert set(them) == statuses(kind), kind


def statuses(kind: str) -> set[str]:
    """What the type of `status` lists; nothing where it lists nothing."""
    state = type(KINDS[kind].initial)
    known = getattr(state, "status", None)
    hints = get_type_hints(known.fget if isinstance(known, property) else state)
    return set(get_args(hints["return" if isinstance(known, property) else "status"]))


KEY = EditionKey(
    period="2025S1", valid_cutoff=START, position=9, checkpoint=None, calendars={}, slas={}, fx={}, schemes={},
    indicators={},
)  # fmt: skip
DAY = date(2025, 3, 3)
DIGEST = "ab" * 32
VERIFIER = f"record+00000000+{'A' * 44}"


def defined(version: int) -> Fact:
    return indicator.IndicatorDefined(
        version=version, first_period="2025S2", name_ko="가", name_en="a", unit="x", measures="PROCESS",
        qualitative=True,
    )  # fmt: skip


def of_versions(kind: str, state: Any) -> list[Fact]:
    """Acts on what has versions, as they would fit the state."""
    number = len(state.versions) + 1
    withdrawn = {"calendar": calendar.CalendarWithdrawn, "sla": sla.SlaPolicyWithdrawn, "fx": fx.FxRateSetWithdrawn}[
        kind
    ]
    made: dict[str, list[Fact]] = {
        "calendar": [
            calendar.WorkCalendarPublished(
                version=number, tz="UTC", weekly_open=(), source="x", covers_from=DAY, covers_until=DAY
            ),
            calendar.ClosureDeclared(version=number, day=DAY),
            calendar.HoursDeclared(
                version=number, special=calendar.SpecialDay(DAY, (calendar.Hours("09:00", "13:00"),))
            ),
        ],
        "sla": [sla.SlaPolicyPublished(version=number, first_response_minutes={"low": 1}, resolve_minutes={"low": 1})],
        "fx": [fx.FxRateSetPublished(version=number, as_of=DAY, source="x", rates={"USD": {DAY: Decimal(1)}})],
    }
    return [*made[kind], *(withdrawn(version=it, reason="x") for it in range(1, number))]


EXAMPLES: dict[str, Callable[[Any], list[Fact]]] = {
    "check": lambda state: [
        check_events.CheckOpened(period="2025S1", due_on=DAY, hubs=(), indicators={}),
        check_events.CheckWithdrawn(reason="x"),
        check_events.CutoffFixed(valid_cutoff=START, position=9),
        check_events.CheckVerificationStarted(),
        check_events.CheckVerificationCompleted(),
        check_events.CheckTabled(session="1", item="1"),
        check_events.CheckOpinionReceived(),
        check_events.CheckClosed(),
        check_events.EditionPublished(key=KEY, digest=DIGEST),
        check_events.RestatementProposed(edition=len(state.editions), reason="x"),
        check_events.RestatementApproved(),
        check_events.RestatementRejected(reason="x"),
        check_events.EditionRestated(
            edition=len(state.editions) + 1, key=replace(KEY, position=9 + len(state.editions)), digest=DIGEST
        ),
        check_events.EditionWithdrawn(edition=state.restates, reason="x"),
    ],
    "review": lambda _: [
        review.AssessmentMade(indicator="HD-Q", version=1, text_ko="가", evidence=(DIGEST,)),
        review.SubmissionMade(figures_digest=DIGEST),
        review.SubmissionAttested(),
        review.SubmissionReturned(points=("x",)),
        review.VerificationStarted(),
        review.SampleDrawn(population="p", position=9, seed="s", method="m", size=1, positions=(3,)),
        review.SampleItemTested(position=3, result="AGREES"),
        review.SubmissionVerified(opinion="CLEAN"),
        review.ObjectionFiled(grounds="x"),
        review.ObjectionDecided(upheld=True, reasons="x"),
    ],
    "finding": lambda _: [
        finding.FindingRaised(criteria="a", condition="b", cause="c", effect="d", severity="LOW"),
        finding.ResponseReceived(text="x", agrees=True),
        finding.CorrectiveActionAgreed(action="x", due_on=DAY + timedelta(days=30), owner="h-1"),
        finding.ActionReported(text="x"),
        finding.ActionVerified(),
        finding.ActionRejected(reason="x"),
        finding.FindingClosed(),
        finding.FindingReopened(reason="x"),
        finding.RiskAccepted(session="1", reason="x"),
    ],
    "session": lambda state: [
        session.SessionConvened(on=DAY, seats=1, present=("m-1",)),
        session.AgendaTabled(item=str(len(state.items) + 1), kind="DELIBERATION"),
        session.MemberRecused(item="1", member="m-1"),
        session.OpinionRecorded(item="1", text_ko="가"),
        session.DecisionAdopted(item="1", votes_for=1),
        session.MinutesSealed(sha256=DIGEST),
    ],
    "indicator": lambda state: [
        defined(state.version + 1),
        indicator.TargetSet(period="2025S2", value=Decimal(1)),
        indicator.TargetWithdrawn(period="2025S2", reason="x"),
        indicator.IndicatorRetired(reason="x"),
    ],
    "credential": lambda _: [
        credential.CredentialIssued(role="auditor", digest=DIGEST),
        credential.CredentialRotated(digest=DIGEST),
        credential.CredentialRevoked(),
    ],
    "person": lambda _: [
        person.PseudonymIssued(),
        person.PersonRestated(),
        person.ConsentRecorded(purpose="visa"),
        person.ConsentWithdrawn(purpose="visa"),
        person.HoldPlaced(law="l"),
        person.HoldReleased(law="l"),
        person.PersonSetApart(basis="x"),
        person.PersonErased(basis="x"),
        person.PersonRead(purpose="visa", fields=(), basis="l"),
    ],
    "seal": lambda state: [
        seal.KeyAdopted(verifier=VERIFIER, replaces=state.verifier),
        seal.CheckpointKept(size=state.kept + 1, root=DIGEST),
        seal.LogRestarted(reason="x", lost=("key",), size=1, root=DIGEST),
    ],
    "clock": lambda _: [clock.ClockAccepted(now=START + timedelta(hours=1), reason="x")],
    **{kind: partial(of_versions, kind) for kind in ("calendar", "sla", "fx")},
}
"""An act of every type, as it would fit the state."""

BESIDE: dict[str, Any] = {
    "session:1": session.Session(status="convened", items={"1": "DELIBERATION"}, opinions=frozenset({"1"})),
    "check:2025S1": check.Check(status="OPEN", period="2025S1", hubs=("EU",)),
    "indicator:HD-Q": indicator.Indicator(status="defined", version=1, qualitative=True),
}
VERIFYING = {
    "check:2025S1": check.Check(status="VERIFICATION", period="2025S1", hubs=("EU",), indicators={"HD-Q": 1}),
}
"""The phase of a check in which everything of a review but an objection is done."""
NAMES = {
    "check": "check:2025S1",
    "finding": "finding:2025S1-EU-1",
    "review": "review:2025S1-EU",
    "seal": "seal:log",
    "clock": clock.STREAM,
}
SOURCES = {"seal": SAGWAN}

Point = tuple[list[tuple[str, str]], dict[str, str]]
"""What was done, each by whom, and where every act that is possible then leads."""

S, H, T = "secretariat", "hub", "second"
BY: dict[str, tuple[str, Role]] = {S: ("s-1", "secretariat"), T: ("s-2", "secretariat"), H: ("h-1", "hub"),
      "attester": ("h-2", "hub"), "operator": ("o-1", "operator")}  # fmt: skip

OTHERS: list[tuple[str, Role]] = [("s-9", "secretariat"), ("h-9", "hub")]

CHECK = [
    (S, "opened"), (S, "cutoff_fixed"), (S, "verification_started"), (S, "verification_completed"), (S, "tabled"),
    (S, "opinion_received"), (S, "closed"), (S, "edition_published"), (S, "restatement_proposed"),
    (T, "restatement_approved"), (S, "edition_restated"),
]  # fmt: skip
REVIEW = [
    (H, "submission_made"), ("attester", "submission_attested"), (S, "verification_started"), (S, "sample_drawn"),
    (S, "sample_item_tested"), (S, "submission_verified"), (H, "objection_filed"), (S, "objection_decided"),
]  # fmt: skip
FINDING = [
    (S, "raised"), (H, "response_received"), (S, "action_agreed"), (H, "action_reported"), (S, "action_verified"),
    (S, "closed"), (S, "reopened"),
]  # fmt: skip
ISSUED = [(S, "pseudonym_issued"), (S, "consent_recorded"), (S, "hold_placed")]
STAYS = dict.fromkeys(("restatement_approved", "restatement_rejected", "edition_withdrawn"), "PUBLISHED")

LEAVES = {"withdrawn": "WITHDRAWN"}

POINTS: dict[str, dict[str, Point]] = {
    "check": {
        "none": ([], {"opened": "OPEN"}),
        "WITHDRAWN": ([*CHECK[:1], (S, "withdrawn")], {"opened": "OPEN"}),
        "OPEN": (CHECK[:1], {"cutoff_fixed": "SUBMISSION", **LEAVES}),
        "SUBMISSION": (
            CHECK[:2],
            {"cutoff_fixed": "SUBMISSION", "verification_started": "VERIFICATION", **LEAVES},
        ),
        "VERIFICATION": (CHECK[:3], {"verification_completed": "FINDINGS", **LEAVES}),
        "FINDINGS": (CHECK[:4], {"tabled": "COMMITTEE", **LEAVES}),
        "COMMITTEE": (CHECK[:5], {"tabled": "COMMITTEE", "opinion_received": "CORRECTIVE", **LEAVES}),
        "CORRECTIVE": (CHECK[:6], {"closed": "CLOSED", **LEAVES}),
        "CLOSED": (CHECK[:7], {"edition_published": "PUBLISHED", **LEAVES}),
        "PUBLISHED": (CHECK[:8], {"restatement_proposed": "PUBLISHED", "edition_withdrawn": "PUBLISHED"}),
        "PUBLISHED, a restatement proposed": (CHECK[:9], STAYS),
        "PUBLISHED, a restatement approved": (
            CHECK[:10],
            {"edition_restated": "RESTATED", "restatement_rejected": "PUBLISHED", "edition_withdrawn": "PUBLISHED"},
        ),
        "RESTATED": (CHECK, {"restatement_proposed": "RESTATED", "edition_withdrawn": "RESTATED"}),
        "RESTATED, a restatement proposed": ([*CHECK, CHECK[8]], dict.fromkeys(STAYS, "RESTATED")),
        "RESTATED, a restatement approved": (
            [*CHECK, *CHECK[8:10]],
            dict.fromkeys(("edition_restated", "restatement_rejected", "edition_withdrawn"), "RESTATED"),
        ),
    },
    "review": {
        "expected": ([], {"assessment_made": "expected", "submission_made": "submitted"}),
        "submitted": (REVIEW[:1], {"submission_attested": "attested", "submission_returned": "returned"}),
        "attested": (REVIEW[:2], {"submission_returned": "returned", "verification_started": "verifying"}),
        "returned": (
            [*REVIEW[:1], (S, "submission_returned")],
            {"assessment_made": "returned", "submission_made": "submitted"},
        ),
        "verifying": (
            REVIEW[:3],
            {"submission_returned": "returned", "sample_drawn": "verifying"},
        ),
        "verifying, a sample drawn": (
            REVIEW[:4],
            {"submission_returned": "returned", "sample_drawn": "verifying", "sample_item_tested": "verifying"},
        ),
        "verifying, the sample tested": (
            REVIEW[:5],
            {
                "submission_returned": "returned",
                "sample_item_tested": "verifying",
                "submission_verified": "verified",
            },
        ),
        "verified": (REVIEW[:6], {"objection_filed": "objected"}),
        "objected": (REVIEW[:7], {"objection_decided": "final"}),
        "final": (REVIEW, {}),
    },
    "finding": {
        "none": ([], {"raised": "raised"}),
        "raised": (
            FINDING[:1],
            {"response_received": "responded", "action_agreed": "action_agreed", "risk_accepted": "risk_accepted"},
        ),
        "responded": (FINDING[:2], {"action_agreed": "action_agreed", "risk_accepted": "risk_accepted"}),
        "action_agreed": (FINDING[:3], {"action_reported": "reported", "risk_accepted": "risk_accepted"}),
        "reported": (
            FINDING[:4],
            {"action_verified": "verified", "action_rejected": "rejected", "risk_accepted": "risk_accepted"},
        ),
        "rejected": (
            [*FINDING[:4], (S, "action_rejected")],
            {"action_agreed": "action_agreed", "risk_accepted": "risk_accepted"},
        ),
        "verified": (FINDING[:5], {"closed": "closed", "risk_accepted": "risk_accepted"}),
        "risk_accepted": ([*FINDING[:1], (S, "risk_accepted")], {"closed": "closed"}),
        "closed": (FINDING[:6], {"reopened": "reopened"}),
        "reopened": (FINDING, {"action_agreed": "action_agreed", "risk_accepted": "risk_accepted"}),
    },
    "session": {
        "none": ([], {"convened": "convened"}),
        "convened": (
            [(S, "convened")],
            {"agenda_tabled": "convened", "minutes_sealed": "sealed"},
        ),
        "convened, an item tabled": (
            [(S, "convened"), (S, "agenda_tabled")],
            {
                **dict.fromkeys(
                    ("agenda_tabled", "member_recused", "opinion_recorded", "decision_adopted"), "convened"
                ),
                "minutes_sealed": "sealed",
            },
        ),
        "sealed": ([(S, "convened"), (S, "agenda_tabled"), (S, "minutes_sealed")], {}),
    },
    "indicator": {
        "none": ([], {"defined": "defined"}),
        "defined": ([(S, "defined")], {"defined": "defined", "target_set": "defined", "retired": "retired"}),
        "defined, a target set": (
            [(S, "defined"), (S, "target_set")],
            {
                **dict.fromkeys(("defined", "target_set", "target_withdrawn"), "defined"),
                "retired": "retired",
            },
        ),
        "retired": ([(S, "defined"), (S, "retired")], {}),
        "retired, a target set": (
            [(S, "defined"), (S, "target_set"), (S, "retired")],
            {"target_withdrawn": "retired"},
        ),
    },
    "credential": {
        "none": ([], {"issued": "issued"}),
        "issued": ([("operator", "issued")], {"rotated": "issued", "revoked": "revoked"}),
        "revoked": ([("operator", "issued"), ("operator", "revoked")], {}),
    },
    "person": {
        "none": ([], {"pseudonym_issued": "issued"}),
        "issued": (
            ISSUED[:1],
            {**dict.fromkeys(("restated", "consent_recorded", "hold_placed", "read"), "issued"), "erased": "erased"},
        ),
        "issued, with a consent and a hold": (
            ISSUED,
            {
                **dict.fromkeys(
                    ("restated", "consent_recorded", "consent_withdrawn", "hold_placed", "hold_released", "read"),
                    "issued",
                ),
                "set_apart": "apart",
            },
        ),
        "apart": (
            [*ISSUED, (S, "set_apart")],
            dict.fromkeys(
                (
                    "consent_recorded",
                    "consent_withdrawn",
                    "hold_placed",
                    "hold_released",
                    "set_apart",
                    "read",
                ),
                "apart",
            ),
        ),
        "apart, no hold left": (
            [*ISSUED, (S, "set_apart"), (S, "hold_released")],
            {**dict.fromkeys(("consent_recorded", "consent_withdrawn", "hold_placed"), "apart"), "erased": "erased"},
        ),
        "erased": ([*ISSUED[:1], (S, "erased")], {}),
    },
}
"""Of each kind of the house whose acts differ by what was done, every point of its course."""

VERSIONED = {"calendar", "sla", "fx", "seal", "clock"}
"""Kinds that add and withdraw versions, or add a key or a word: `test_versions`, `test_seal`, `test_clock`."""

ENDS: dict[str, Callable[[Any], bool]] = {
    "check": lambda state: state.status in ("none", "WITHDRAWN", "PUBLISHED", "RESTATED") and not state.proposed_by,
    "review": lambda state: state.status in ("expected", "verified", "final"),
    "finding": lambda state: state.status in ("none", "closed"),
    "session": lambda state: state.status in ("none", "sealed"),
    "indicator": lambda state: state.status in ("none", "retired") and not state.targets,
    "credential": lambda state: state.status in ("none", "revoked"),
    "person": lambda state: state.status in ("none", "erased"),
    "calendar": lambda state: state.status == "none",
    "sla": lambda state: state.status == "none",
    "fx": lambda state: state.status == "none",
}
"""Where a stream of acts may rest: it is over, or as if nothing had been done. A key that seals is replaced."""
MOST = {"versions": 3, "items": 2, "editions": 3, "version": 2, "kept": 2}
"""How far a search follows what only grows."""
COUNTS = ("submissions", "returns", "times_rejected", "times_reopened")


class Explored(NamedTuple):
    """Every state of a stream of acts by its name, and which act leads from each to which."""

    states: dict[str, Any]
    leads: dict[str, set[tuple[str, str]]]

    def after(self, name: str) -> set[str]:
        return {after for _, after in self.leads[name]}


@cache
def explored(kind: str) -> Explored:
    """From the first state on, by acts of all types, tried by everybody."""
    it = given(kind, stream=NAMES.get(kind, f"{kind}:1"), beside=BESIDE | (VERIFYING if kind == "review" else {}))
    it.hours = 1
    states = {repr(it.state): it.state}
    leads: dict[str, set[tuple[str, str]]] = {}
    while new := states.keys() - leads.keys():
        name = min(new)
        it.state = state = states[name]
        leads[name] = set()
        for what, fact in told(kind, state):
            # Whoever had no hand in it can always be found.
            others = [] if isinstance(fact, review.AssessmentMade | check_events.RestatementProposed) else OTHERS
            twice = isinstance(fact, check_events.RestatementProposed) and len(state.editions) == 3
            actors = [] if twice else BY.values()
            for actor, role in [*actors, *others]:
                with contextlib.suppress(Refused):
                    after = it.when(fact, actor=actor, role=role, source=SOURCES.get(kind, "hub/eu"))
                    after = replace(after, **{of: min(1, getattr(after, of)) for of in COUNTS if hasattr(after, of)})
                    if all(_size(getattr(after, of, 0)) <= most for of, most in MOST.items()):
                        states[repr(after)] = after
                        leads[name].add((what, repr(after)))
    return Explored(states, leads)


@pytest.mark.parametrize("kind", ENDS)
def test_from_every_state_that_acts_lead_to_acts_lead_to_an_end(kind: str) -> None:
    found = explored(kind)
    ending = {name for name, state in found.states.items() if ENDS[kind](state)}
    while more := {name for name in found.states if name not in ending and found.after(name) & ending}:
        ending |= more
    assert len(found.leads) > 2
    assert found.leads.keys() - ending == set()
    waiting = {name for name, state in found.states.items() if getattr(state, "proposed_by", None)}
    assert bool(waiting) == (kind == "check")
    for name in waiting:  # proposed, or approved, by mistake: the editions stay as they are
        assert found.states[name].editions in [found.states[it].editions for it in found.after(name) - waiting]


def _size(it: Any) -> int:
    return it if isinstance(it, int) else len(it)


def at_point(kind: str, point: str) -> Given:
    it = given(kind, stream=NAMES.get(kind, f"{kind}:1"), beside=BESIDE | (VERIFYING if kind == "review" else {}))
    for who, what in POINTS[kind][point][0]:
        actor, role = BY[who]
        it.state = it.when(acts(kind, it.state)[what], actor=actor, role=role)
        it.hours += 1
    return it


def told(kind: str, state: Any) -> list[tuple[str, Fact]]:
    return [(registry.tag(fact).partition(".")[2], fact) for fact in EXAMPLES[kind](state)]


def acts(kind: str, state: Any) -> dict[str, Fact]:
    return dict(told(kind, state))


@pytest.mark.parametrize(("kind", "point"), [(kind, point) for kind, them in POINTS.items() for point in them])
def test_every_act_of_the_house_is_taken_where_the_drawing_says_and_nowhere_else(kind: str, point: str) -> None:
    it = at_point(kind, point)
    assert it.state.status == point.partition(",")[0]
    possible = POINTS[kind][point][1]
    for what, fact in acts(kind, it.state).items():
        leads, refused = set(), []
        for actor, role in [*BY.values(), *OTHERS]:
            try:
                leads.add(it.when(fact, actor=actor, role=role).status)
            except Refused as said:
                refused.append(said)
        assert leads == ({possible[what]} if what in possible else set()), f"{what} while {point}"
        for refusal in refused:
            assert refusal.code.partition(".")[0] == kind
            assert len(str(refusal)) > 10
    assert possible.keys() <= acts(kind, it.state).keys()


def test_every_kind_and_every_status_of_the_house_is_tried() -> None:
    assert POINTS.keys() | VERSIONED == ACTS.keys()
    for kind, them in POINTS.items():
        assert {point.partition(",")[0] for point in them} == statuses(kind), kind
        assert {f"{kind}.{what}" for what in acts(kind, KINDS[kind].initial)} == {
            type_ for type_ in TYPES if type_.startswith(f"{kind}.")
        }


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - VERSIONED))
def test_every_status_is_in_the_drawing_of_the_state(kind: str) -> None:
    drawing = type(KINDS[kind].initial).__doc__ or ""
    assert ">" in drawing
    assert [it for it in statuses(kind) - {"none", "unopened"} if not re.search(rf"\b{it}\b", drawing)] == []


def test_every_refusal_of_the_domain_is_tested_by_its_code() -> None:
    told = {
        call.args[0].value
        for path in (ROOT / "domain").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and call.args and isinstance(call.args[0], ast.Constant)
        if ast.unparse(call.func).rpartition(".")[2] in ("Refused", "check_next", "check_standing")
    }
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    assert len(told) > 60
    assert sorted(str(code) for code in told if f'"{code!s}"' not in tests) == []
