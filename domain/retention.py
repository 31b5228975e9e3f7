"""Retention (보존기간): how long a stream is kept once it is completed. Data; nothing here deletes anything.

Classes are those of the enforcement decree of the Public Records Act, 26: permanent (영구), semi-permanent (준영구),
30, 10, 5, 3 and 1 years. They run from 1 January of the year after the one in which the matter was completed, in Seoul.
Which class a kind has is a proposal: the records schedule (기록관리기준표) of the institution prevails.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

Class: TypeAlias = Literal["permanent", "semi-permanent", "30 years", "10 years", "5 years", "3 years", "1 year"]

YEARS: dict[Class, int | None] = {
    "permanent": None,
    "semi-permanent": None,
    "30 years": 30,
    "10 years": 10,
    "5 years": 5,
    "3 years": 3,
    "1 year": 1,
}
"""Longest first. None where a stream is never due."""

RETENTION_BY_KIND: dict[str, Class] = {
    "hub": "permanent",  # a designation of the state, and why it ended
    "project": "10 years",
    "exchange": "10 years",
    "case": "5 years",
    "expansion": "10 years",
    "partner": "semi-permanent",  # with whom the state works, under which name
    "map": "permanent",
    "evidence": "10 years",  # an item states its own class on deposit; this is that of its record
    "check": "permanent",  # what was published, and from what
    "review": "10 years",
    "finding": "10 years",
    "session": "permanent",
    "indicator": "permanent",  # without these a published figure cannot be read
    "calendar": "permanent",
    "sla": "permanent",
    "fx": "permanent",
    "person": "3 years",  # who stood behind a pseudonym, and who looked, after the destruction (PIPA 28-4(3))
    "clock": "permanent",  # without it what was recorded before reads as later than what came after
    "seal": "permanent",  # the keys without which no checkpoint can be checked
    "credential": "3 years",  # who was granted access, and when it ended (개인정보의 안전성 확보조치 기준 5)
}
"""By kind of stream."""

RETENTION_BY_TYPE: dict[str, Class] = {
    "project.output_reported": "30 years",  # as research notes are kept (연구노트 지침)
    "entry.redacted": "permanent",  # what was destroyed by law, and on which ground
}
"""By type of fact, where one has a class of its own: a stream is kept by the longest class of what is on it."""

COMPLETES = frozenset(
    """
    hub.revoked project.completed project.terminated project.withdrawn exchange.outcome_recognised exchange.declined
    exchange.cancelled expansion.closed case.closed case.merged evidence.purged finding.closed finding.risk_accepted
    review.submission_verified review.objection_decided person.erased credential.revoked
    """.split()
)
"""Facts that complete a matter (처리 완결), until one of REOPENS follows."""

REOPENS = frozenset(
    """
    hub.designated hub.reinstated project.launched project.resumed exchange.nominated exchange.accepted case.opened
    case.triaged case.assigned case.clock_started case.clock_stopped case.referred case.reopened case.merge_reversed
    expansion.company_enrolled evidence.deposited finding.raised finding.reopened
    review.submission_made review.submission_returned review.objection_filed person.pseudonym_issued
    credential.issued
    """.split()
)
"""Facts after which a matter is not, or no longer, completed."""
