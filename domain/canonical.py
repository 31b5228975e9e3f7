"""Canonical JSON: one value, one sequence of bytes, so that a digest over it means something to anybody.

It is RFC 8785 for the values that we digest: objects whose keys are ASCII, arrays, strings, whole numbers within 2^53,
true, false and null. Amounts are strings, so that no reader's floating point changes them; moments are strings in UTC.
Anything else is refused, so the rules for it (fractions, keys beyond ASCII) are not needed.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from domain.messages import Invalid

EXACT = 2**53


def canonical(value: object) -> bytes:
    """RFC 8785 in UTF-8. Raises ValueError for a fraction, a number beyond 2^53 or a key beyond ASCII."""
    plain = msgspec.to_builtins(value, builtin_types=(Decimal, datetime))
    return msgspec.json.encode(_checked(plain), order="sorted")


def digest(value: object) -> str:
    """SHA-256 of the canonical JSON, in hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _checked(value: Any) -> Any:
    match value:
        case dict():
            if any(not key.isascii() for key in value):
                raise Invalid("value.key_ascii")
            return {key: _checked(it) for key, it in value.items()}
        case list() | tuple():
            return [_checked(it) for it in value]
        case float():
            raise Invalid("value.amount_text", value=repr(value))
        case int() if not isinstance(value, bool) and abs(value) >= EXACT:
            raise Invalid("value.whole", value=value)
        case _:
            return value
