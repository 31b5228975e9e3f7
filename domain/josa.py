"""Particles (조사) after a value: which of a pair is right depends on how the value is read."""

from __future__ import annotations

import re

PAIRS = {
    "은(는)": ("은", "는"),
    "이(가)": ("이", "가"),
    "을(를)": ("을", "를"),
    "과(와)": ("과", "와"),
    "(으)로": ("으로", "로"),
}
"""As in a text of the catalogue: first the one after a final consonant, then the other."""

_VALUE = re.compile(r"\{\{|\}\}|\{(\w+)\}(?:([`'\"]?)(" + "|".join(map(re.escape, PAIRS)) + "))?")
_ASIDE = re.compile(r"(?<=\S)\([^()]*\)$")
"""Text in brackets after a name, such as its code, is not read."""

_RIEUL, _OTHER = frozenset("178lrLR"), frozenset("036mnMN")
"""Digits and letters that are read with a final consonant (일, 엘; 영, 엠): ㄹ, and any other."""


def filled(text: str, values: dict[str, object]) -> str:
    """A Korean text with its values and the particles that fit them, also after a quote.

    `{{` and `}}` are braces, as `str.format` has it. Raises KeyError for a value that is missing.
    """

    def put(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0][0]
        value = str(values[found[1]])
        return value + found[2] + particle(value, found[3]) if found[3] else value

    return _VALUE.sub(put, text)


def particle(value: str, pair: str) -> str:
    """The particle of one of PAIRS that fits after a value."""
    behind_consonant, behind_none = PAIRS[pair]
    final = _final(value)
    return behind_none if final == "" or (final == "ㄹ" and pair == "(으)로") else behind_consonant


def _final(value: str) -> str:
    """The final consonant with which a value is read: ㄹ, ㅁ for any other, empty for none."""
    if value.endswith("%"):
        return ""
    read = _ASIDE.sub("", value) or value
    last = next((it for it in reversed(read) if it.isalnum()), "")
    if "가" <= last <= "힣":
        final = (ord(last) - ord("가")) % 28
        return "ㄹ" if final == 8 else "ㅁ" if final else ""
    return "ㄹ" if last in _RIEUL else "ㅁ" if last in _OTHER else ""
