"""Values that facts are made of, each valid once it exists."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

Text: TypeAlias = Annotated[str, Meta(min_length=1, max_length=4000)]
Code: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
Pseudonym: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z]+-[A-Za-z0-9._-]{1,64}$")]
Digest: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Country: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2; facts that carry one pass it to `country`."""

COUNTRIES = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
    GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
    KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT
    MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
    SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG
    UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
    """.split()
)
"""ISO 3166-1 alpha-2, and XK, the user-assigned code in general use for Kosovo."""

CURRENCIES = frozenset(
    """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY
    COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS
    INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP
    MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR
    SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV
    WST XAF XCD XOF XPF YER ZAR ZMW ZWG
    """.split()
)
"""ISO 4217, the codes that countries use as money."""


def country(code: str | None) -> None:
    """Raises ValueError unless `code` is a country of ISO 3166-1 (or absent)."""
    if code is not None and code not in COUNTRIES:
        hint = {"EL": "; Greece is GR", "UK": "; the United Kingdom is GB"}.get(code, "")
        raise ValueError(f"{code} is no country of ISO 3166-1{hint}")


def exact(amount: Decimal, what: str) -> None:
    """Raises ValueError unless `amount` is finite and fits DECIMAL(38,12), so that no table rounds it."""
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int):
        raise ValueError(f"{what} is a finite number")
    if exponent < -12 or amount.adjusted() > 25:
        raise ValueError(f"{what} has at most 26 digits before the point and 12 after it")


def in_order(start: object, end: object, what: str) -> None:
    """Raises ValueError when both ends are known and the end comes first."""
    if start is not None and end is not None and end < start:  # type: ignore[operator]
        raise ValueError(f"{what} ends ({end}) before it starts ({start})")


class Money(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An amount in the currency it was agreed in (ISO 4217); never converted when recorded."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        exact(self.amount, "amount")
        if self.currency not in CURRENCIES:
            raise ValueError(f"{self.currency} is no currency of ISO 4217")
