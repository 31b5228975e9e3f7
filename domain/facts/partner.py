"""Partner (협력기관): an institution or company that hubs work with, by one or several names. Facts of the world.

A merge says that two streams are the same institution; nothing recorded under either is rewritten, readers resolve
it (`domain.merging`). Merges that run in a circle are recorded, found as irregular, and resolve to one of the circle.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, TypeAlias, assert_never

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from domain import merging
from domain.record import Entry, Fact
from domain.values import Code, Country, Text, check_country
from domain.vocabulary import identifiers

PartnerKind: TypeAlias = Literal["UNIVERSITY", "INSTITUTE", "COMPANY", "GOVERNMENT", "HOSPITAL", "OTHER"]
Ror: TypeAlias = Annotated[str, Meta(min_length=9, max_length=40)]
"""A ROR id without its address, `05a28rw58`."""


class PartnerRegistered(Fact, frozen=True, tag="partner.registered"):
    """A partner is known by name, and by its ROR id where it has one; said again, it replaces what was said."""

    name: Text
    country: Country
    kind: PartnerKind = "OTHER"
    ror: Ror | None = None

    def __post_init__(self) -> None:
        check_country(self.country)
        if self.ror is not None:
            identifiers.ror(self.ror)


class PartnerScreened(Fact, frozen=True, tag="partner.screened"):
    """Somebody looked for the partner on a list (sanctions, export control, research security)."""

    list: Code
    result: Literal["CLEAR", "REVIEW", "MATCH"]
    valid_until: date | None = None


class PartnerIdentityMerged(Fact, frozen=True, tag="partner.identity_merged"):
    """The same institution as another, by whose key it goes from now on."""

    into: Code


class PartnerIdentityMergeReversed(Fact, frozen=True, tag="partner.identity_merge_reversed"):
    """It was another institution after all."""


PartnerFact: TypeAlias = PartnerRegistered | PartnerScreened | PartnerIdentityMerged | PartnerIdentityMergeReversed


class Partner(msgspec.Struct, frozen=True):
    """The state of a partner, folded from its facts.

        none > registered <-> merged

    `screened` is the last result on each list, `screened_until` the day to which that holds, where one was named.
    """

    registered: bool = False
    name: str | None = None
    country: str | None = None
    kind: PartnerKind | None = None
    ror: str | None = None
    screened: dict[str, str] = {}
    merged_into: str | None = None
    screened_until: dict[str, date | None] = {}

    @property
    def status(self) -> Literal["none", "registered", "merged"]:
        if self.merged_into is not None:
            return "merged"
        return "registered" if self.registered else "none"


initial = Partner()


def evolve(partner: Partner, entry: Entry[PartnerFact]) -> Partner:
    match entry.fact:
        case PartnerRegistered(name=name, country=where, kind=kind, ror=ror):
            return replace(partner, registered=True, name=name, country=where, kind=kind, ror=ror)
        case PartnerScreened(list=list_, result=result, valid_until=until):
            screened = partner.screened | {list_: result}
            return replace(partner, screened=screened, screened_until=partner.screened_until | {list_: until})
        case PartnerIdentityMerged(into=into):
            return replace(partner, merged_into=merging.key_of(into))
        case PartnerIdentityMergeReversed():
            return replace(partner, merged_into=None)
        case unknown:
            assert_never(unknown)
