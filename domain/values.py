"""Values that facts are made of, each valid once it exists."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from domain.messages import Invalid
from domain.vocabulary import COUNTRIES, CURRENCIES

Text: TypeAlias = Annotated[str, Meta(min_length=1, max_length=4000)]
Code: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
Pseudonym: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z]+-[A-Za-z0-9._-]{1,64}$")]
Digest: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
KeyId: TypeAlias = Annotated[str, Meta(pattern=r"^k-[0-9a-f]{16}$")]
"""The vault's id of a data key."""
Country: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Z]{2}$", extra={"vocabulary": "country"})]
"""ISO 3166-1 alpha-2; facts that carry one pass it to `check_country`."""
Currency: TypeAlias = Annotated[str, Meta(extra={"vocabulary": "currency"})]
"""ISO 4217; facts that carry one pass it to `check_currency`."""
Field: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200, extra={"vocabulary": "technology"})]
"""A technology field: `NST12/AI` of a scheme in `domain.vocabulary`, or a hub's own word."""
Ministry: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200, extra={"vocabulary": "ministry"})]
"""A ministry (소관부처) of `domain.vocabulary`: a new entry names one that the list has."""
Zone: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200, extra={"vocabulary": "zone"})]
"""An IANA time zone."""
Period: TypeAlias = Annotated[str, Meta(pattern=r"^[12]\d{3}S[12]$")]
"""A half-year, `2025S1`."""
Year: TypeAlias = Annotated[int, Meta(ge=1900, le=2100)]
"""A calendar year."""


def check_country(code: str | None) -> None:
    """Raises ValueError unless `code` is or was a country of ISO 3166-1 (or absent)."""
    if code is not None and code not in COUNTRIES.codes:
        raise Invalid({"EL": "value.country_el", "UK": "value.country_uk"}.get(code, "value.country"))


def check_currency(code: str) -> None:
    """Raises ValueError unless `code` is or was a currency of ISO 4217."""
    if code not in CURRENCIES.codes:
        raise Invalid("value.currency")


def check_exact(amount: Decimal, what: str) -> None:
    """Raises ValueError unless `amount` is finite and fits DECIMAL(38,12), so that no table rounds it."""
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int):
        raise Invalid("value.amount", what=what)
    if exponent < -12 or amount.adjusted() > 25:
        raise Invalid("value.amount_digits", what=what)


def check_utc(moment: datetime, what: str) -> None:
    """Raises ValueError unless `moment` is given in UTC, so that stored times compare as they are written."""
    if moment.utcoffset() != timedelta(0):
        raise Invalid("value.moment", what=what)


def check_order(start: object, end: object, what: str) -> None:
    """Raises ValueError when both ends are known and the end comes first."""
    if start is not None and end is not None and end < start:  # type: ignore[operator]
        raise Invalid("value.ends_before", what=what)


class Money(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An amount in the currency it was agreed in (ISO 4217); never converted when recorded."""

    amount: Decimal
    currency: Currency

    def __post_init__(self) -> None:
        check_exact(self.amount, "amount")
        check_currency(self.currency)
