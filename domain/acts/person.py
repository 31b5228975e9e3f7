"""Person (개인): a pseudonym from issue to erasure, and who looked at the person behind it. Acts.

The record knows a person by a random pseudonym and nothing else; what is personal is in the vault
(`journal/vault/vault.py`). Every act here is made by the vault's door and judged before the vault does anything,
so this stream is the access log (접속기록) too: it cannot be edited, only added to.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, TypeAlias, TypeVar, assert_never

import msgspec
from msgspec.structs import replace

from domain.messages import Invalid
from domain.period import end_of_day
from domain.record import Entry, Fact, Refused, Role
from domain.values import Code, Country, KeyId, check_country

V = TypeVar("V")


class PseudonymIssued(Fact, frozen=True, tag="person.pseudonym_issued"):
    """The vault took somebody in and answered with a pseudonym (가명). `fields` are names of what it holds.

    `key_id` is of the data key that it holds it by: by that the record knows which state of the vault is the newest.
    """

    fields: tuple[Code, ...] = ()
    key_id: KeyId | None = None


class PersonRestated(Fact, frozen=True, tag="person.restated"):
    """What the vault holds was replaced (정정, PIPA 36); what it held before is destroyed. `key_id` is new then."""

    fields: tuple[Code, ...] = ()
    key_id: KeyId | None = None


class ConsentRecorded(Fact, frozen=True, tag="person.consent_recorded"):
    """The person agreed to a use (동의), until the end of a day in Seoul. Replaces a consent to the same purpose.

    A consent to a transfer abroad names the countries (PIPA 28-8(2)); viewing from there is such a transfer.
    """

    purpose: Code
    cross_border: bool = False
    countries: tuple[Country, ...] = ()
    until: date | None = None

    def __post_init__(self) -> None:
        for code in self.countries:
            check_country(code)
        if self.cross_border != bool(self.countries):
            raise Invalid("value.consent_countries")


class ConsentWithdrawn(Fact, frozen=True, tag="person.consent_withdrawn"):
    """The person no longer agrees to a use (동의 철회)."""

    purpose: Code


class HoldPlaced(Fact, frozen=True, tag="person.hold_placed"):
    """A law wants the data kept (보존 의무) to the end of a day in Seoul, or until the hold is released."""

    law: Code
    until: date | None = None


class HoldReleased(Fact, frozen=True, tag="person.hold_released"):
    """The law no longer wants the data kept (보존 조치 해제)."""

    law: Code


class PersonSetApart(Fact, frozen=True, tag="person.set_apart"):
    """To be erased, and held by a law: stored apart from the others until then (분리 보관, PIPA 21(3))."""

    basis: Code


class PersonErased(Fact, frozen=True, tag="person.erased"):
    """The data key is destroyed and with it all that was personal (파기). `basis` is the law that asks for it."""

    basis: Code
    key_id: KeyId | None = None


class PersonRead(Fact, frozen=True, tag="person.read"):
    """Somebody is about to see these fields (열람). `country` is where from, when that is not Korea.

    `basis` is the law that allows it where the purpose alone does not.
    """

    purpose: Code
    fields: tuple[Code, ...]
    country: Country | None = None
    basis: Code | None = None


PersonFact: TypeAlias = (
    PseudonymIssued
    | PersonRestated
    | ConsentRecorded
    | ConsentWithdrawn
    | HoldPlaced
    | HoldReleased
    | PersonSetApart
    | PersonErased
    | PersonRead
)


class Hold(msgspec.Struct, frozen=True):
    by: Role
    until: date | None = None


class Person(msgspec.Struct, frozen=True):
    """The state of a person, folded from its facts.

        none > issued > erased
                 |         ^
                 +> apart -+

    Consents by purpose, holds by law.
    """

    status: Literal["none", "issued", "apart", "erased"] = "none"
    consents: dict[str, ConsentRecorded] = {}
    holds: dict[str, Hold] = {}

    def held(self, at: datetime) -> dict[str, Hold]:
        """The holds that are live at a moment."""
        return {law: hold for law, hold in self.holds.items() if _live(hold.until, at)}


initial = Person()


def judge(person: Person, entry: Entry[PersonFact]) -> None:
    """Raises Refused unless this may be done with the person now. `authority` has checked who owns the person."""
    fact = entry.fact
    if not isinstance(fact, PersonRead) and entry.role not in ("hub", "secretariat"):
        raise Refused("person.not_yours", role=entry.role)
    if person.status == "erased":
        raise Refused("person.erased")
    if (person.status == "none") != isinstance(fact, PseudonymIssued):
        raise Refused("person.unknown", status=person.status)
    held = person.held(entry.occurred_at)
    match fact:
        case PersonErased() if held:
            raise Refused("person.held", holds={law: hold.until for law, hold in held.items()})
        case PersonSetApart() if not held:
            raise Refused("person.not_held")
        case PersonRestated() if person.status == "apart":
            raise Refused("person.apart", "stored")
        case PersonRead() if person.status == "apart" and fact.basis not in held:
            raise Refused("person.apart", "law", laws=sorted(held))
        case PersonRead(country=str()) if fact.basis is None and not _agreed(person, fact, entry.occurred_at):
            raise Refused("person.no_consent_abroad", purpose=fact.purpose, country=fact.country)
        case HoldReleased(law=law):
            if (hold := person.holds.get(law)) is None:
                raise Refused("person.no_hold", laws=sorted(person.holds))
            if entry.role not in (hold.by, "secretariat"):
                raise Refused("person.not_your_hold", law=law)
        case ConsentWithdrawn(purpose=purpose) if purpose not in person.consents:
            raise Refused("person.no_consent", purposes=sorted(person.consents))


def evolve(person: Person, entry: Entry[PersonFact]) -> Person:
    match entry.fact:
        case PseudonymIssued():
            return replace(person, status="issued")
        case ConsentRecorded(purpose=purpose) as consent:
            return replace(person, consents=person.consents | {purpose: consent})
        case ConsentWithdrawn(purpose=purpose):
            return replace(person, consents=_without(person.consents, purpose))
        case HoldPlaced(law=law, until=until):
            return replace(person, holds=person.holds | {law: Hold(entry.role, until)})
        case HoldReleased(law=law):
            return replace(person, holds=_without(person.holds, law))
        case PersonSetApart():
            return replace(person, status="apart")
        case PersonErased():
            return Person("erased")
        case PersonRestated() | PersonRead():
            return person
        case unknown:
            assert_never(unknown)


def _agreed(person: Person, read: PersonRead, at: datetime) -> bool:
    consent = person.consents.get(read.purpose)
    return consent is not None and read.country in consent.countries and _live(consent.until, at)


def _live(until: date | None, at: datetime) -> bool:
    return until is None or at <= end_of_day(until)


def _without(held: dict[str, V], key: str) -> dict[str, V]:
    return {name: value for name, value in held.items() if name != key}
