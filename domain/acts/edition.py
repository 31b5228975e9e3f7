"""Edition (판): the figures of a half-year, frozen under a number; what it was made of is its key."""

from __future__ import annotations

from datetime import datetime

import msgspec

from domain import canonical
from domain.period import HalfYear
from domain.values import Digest, Period, check_utc


class Disclosure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rule by which figures with fewer than `least` persons behind them are withheld (소수 셀), by its version."""

    rule: int
    least: int


class EditionKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """All that the figures of an edition depend on; the same key gives the same figures at any time.

    `position` is the last entry that counts and `valid_cutoff` the last moment. `checkpoint` is the SHA-256 digest of
    what a checkpoint of the record up to the position says (origin, size, root): its signers, and witnesses who
    cosign it later, do not change the key. It is None in a record that is not sealed. The others are the versions
    known at the position, by key or code.

    What came later is not written where there is none, so that older keys keep their digests. `disclosure` is None in
    editions of before there was a rule. `supersedes` is the digest of the key of the edition before, of a restatement
    under that rule. `assessments` has the position, on either side of `position`, of what each hub handed in
    on each qualitative indicator, by `HUB/CODE`. `sql` has the digest of every text of SQL that the figures depend on,
    by its name (`HD-04/2`, `case_clock`), without comments and white space; editions of 0.1.0 name none. The
    whole definition of an indicator, its words too, is `HD-04/2/definition`, which older keys do not name.
    """

    period: Period
    valid_cutoff: datetime
    position: int
    checkpoint: Digest | None
    calendars: dict[str, int]
    slas: dict[str, int]
    fx: dict[str, int]
    schemes: dict[str, str]
    indicators: dict[str, int]
    disclosure: Disclosure | None = None
    supersedes: Digest | None = None
    assessments: dict[str, int] = {}
    sql: dict[str, Digest] = {}

    def __post_init__(self) -> None:
        check_utc(self.valid_cutoff, "valid_cutoff")

    @property
    def digest(self) -> str:
        """SHA-256 of the key's canonical JSON."""
        return canonical.digest(self)

    @property
    def provisional(self) -> bool:
        """Whether the cut-off lies before the half-year ends (잠정), as in the checks of May and December 2024."""
        return self.valid_cutoff < HalfYear.parse(self.period).last_moment
