"""The acts of a half-year check (반기별 점검): what may be recorded of it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from domain.acts.edition import EditionKey
from domain.messages import Invalid
from domain.record import Fact
from domain.values import Code, Digest, Period, Text, check_utc


class CheckOpened(Fact, frozen=True, tag="check.opened"):
    """The check of a half-year began: what the hubs owe by when, and the versions of the indicators it goes by.

    What moves a published figure by `materiality` of it, across its target, or a `financial` one at all, is material
    (중요성): the edition should be stated again. The defaults are usual in audits; the committee's own are unverified.
    """

    period: Period
    due_on: date
    hubs: tuple[Code, ...]
    indicators: dict[str, int]
    materiality: Decimal = Decimal("0.05")
    financial: tuple[Code, ...] = ("JR-04", "JR-05", "DX-02")

    def __post_init__(self) -> None:
        if not (self.materiality.is_finite() and 0 < self.materiality <= 1):
            raise Invalid("value.materiality")


class CheckWithdrawn(Fact, frozen=True, tag="check.withdrawn"):
    """The check should not have been opened, or not so (점검 철회). It can be opened again."""

    reason: Text


class CutoffFixed(Fact, frozen=True, tag="check.cutoff_fixed"):
    """What counts: what happened by `valid_cutoff` and was recorded up to `position`."""

    valid_cutoff: datetime
    position: int

    def __post_init__(self) -> None:
        check_utc(self.valid_cutoff, "valid_cutoff")


class CheckVerificationStarted(Fact, frozen=True, tag="check.verification_started"):
    """From now on the cut-off stands."""


class CheckVerificationCompleted(Fact, frozen=True, tag="check.verification_completed"):
    """The reviews of all hubs are tested; what was found goes to the committee (검증 완료)."""


class CheckTabled(Fact, frozen=True, tag="check.tabled"):
    """The check is an item (의안) of a committee session; again, where it is put off to another."""

    session: Code
    item: Code


class CheckOpinionReceived(Fact, frozen=True, tag="check.opinion_received"):
    """The committee's opinion on the item is recorded in the session; corrective actions follow."""


class CheckClosed(Fact, frozen=True, tag="check.closed"):
    """`without` names the hubs whose review is not verified; open findings go on in later checks."""

    without: tuple[Code, ...] = ()


class EditionPublished(Fact, frozen=True, tag="check.edition_published"):
    """공표: edition 1, with the digest of its figures in canonical JSON."""

    key: EditionKey
    digest: Digest


class RestatementProposed(Fact, frozen=True, tag="check.restatement_proposed"):
    """Late facts or corrections move figures by so much that the edition should be stated again.

    `reason_en` is the reason once more in English, where `reason` is in Korean alone.
    """

    edition: int
    reason: Text
    indicators: tuple[Code, ...] = ()
    reason_en: Text | None = None


class RestatementApproved(Fact, frozen=True, tag="check.restatement_approved"):
    """The edition is to be stated again, as proposed (정정공표 승인)."""


class RestatementRejected(Fact, frozen=True, tag="check.restatement_rejected"):
    """It is not stated again; after an approval, which is taken back so while nothing is published."""

    reason: Text


class EditionRestated(Fact, frozen=True, tag="check.edition_restated"):
    """정정공표: the next edition, which supersedes the one before."""

    edition: int
    key: EditionKey
    digest: Digest


class EditionWithdrawn(Fact, frozen=True, tag="check.edition_withdrawn"):
    """공표 철회: the current edition should not have been published. It stays readable, marked; the one before it is
    current again, and the next that is published is a restatement.

    `never_shown` says that nobody could ever read its figures, so that later ones need not be withheld beside them.
    """

    edition: int
    reason: Text
    never_shown: bool = False


CheckFact: TypeAlias = (
    CheckOpened
    | CheckWithdrawn
    | CutoffFixed
    | CheckVerificationStarted
    | CheckVerificationCompleted
    | CheckTabled
    | CheckOpinionReceived
    | CheckClosed
    | EditionPublished
    | RestatementProposed
    | RestatementApproved
    | RestatementRejected
    | EditionRestated
    | EditionWithdrawn
)


LONGEST_HUB = 112
"""The longest hub key with which the streams of a check can be named, as in finding:2025S1-EU-BRU-1."""
