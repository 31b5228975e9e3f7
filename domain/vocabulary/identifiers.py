"""Persistent identifiers of people, institutions and works, checked by their own check characters."""

from __future__ import annotations

import re

from domain.messages import Invalid

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


def orcid(text: str) -> None:
    """Raises ValueError unless `text` is an ORCID iD: sixteen characters, the last by ISO 7064 MOD 11-2."""
    if not re.fullmatch("([0-9]{4}-){3}[0-9]{3}[0-9X]", text):
        raise Invalid("value.orcid")
    total = 0
    for digit in text.replace("-", "")[:15]:
        total = (total + int(digit)) * 2
    if text[-1] != "0123456789X"[(12 - total % 11) % 11]:
        raise Invalid("value.orcid_check")


def ror(text: str) -> None:
    """Raises ValueError unless `text` is a ROR id: nine characters, the last two by ISO 7064 MOD 97-10."""
    if not re.fullmatch(rf"0[{CROCKFORD}]{{6}}\d\d", text):
        raise Invalid("value.ror")
    number = 0
    for character in text[:7]:
        number = number * 32 + CROCKFORD.index(character)
    if int(text[7:]) != 98 - number * 100 % 97:
        raise Invalid("value.ror_check")


def doi(text: str) -> None:
    """Raises ValueError unless `text` is a DOI in small letters, as it is compared (ISO 26324)."""
    if not re.fullmatch(r"10\.\d{4,9}(\.\d+)*/\S+", text) or text != text.lower():
        raise Invalid("value.doi")
