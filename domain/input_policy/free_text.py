"""What must not be written into a fact (자유기재 점검): numbers and addresses by which a person is found.

Every text that somebody writes is checked, at whatever depth: `Text`, for sentences, and every other, for short keys,
pseudonyms and keys of tables too. Texts with a fixed pattern (digests, countries, half-years), and words of a fixed
list, need no check. In a key a number counts only in the form in which people write it down, since keys consist of bare
digits.

A resident registration number (주민등록번호, 외국인등록번호) has its date of birth, the digit of century and sex, and
for numbers issued before October 2020 the check digit of the Resident Registration Act's rules; later ones carry none.
What only looks like one (a corporate number, a patent application, a date and a serial) is let pass; what is in doubt
is refused: its author can write it differently, and what is recorded stays.
"""

from __future__ import annotations

import re
import types
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple, get_args, get_origin

import msgspec
from msgspec import inspect

from domain.record import Fact, Refused
from domain.values import Country, Digest, Period, Text

_IN_TEXT = re.compile(r"[@＠]|\d(?:\D{0,3}\d){6}|[\[(]\s?[Aa][Tt]\s?[\])]")
_IN_CODE = re.compile(
    r"[^0-9A-Za-z](?:[0-9]{3}(?:[\W_]{1,4}[0-9]{3,4}[\W_]{1,4}[0-9]{4}|[0-9]\W[0-9]{4}\W[0-9]{4}\W|[0-9]\W[0-9]{6}\W[0-9]{5}"
    r"|[0-9]{3} ?\W? ?[0-9]{7})|82\W|00[1-9][0-9]{0,2}\W|0082|\+|[MSRODG][0-9]{3}[A-Z][0-9]|[Pp]assp|PASSP)"
)
"""Matches whatever a rule can match in a sentence or in a key; most events end here."""

_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−﹣", "-"))
_UNSEEN = re.compile(r"[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_OTHER_DIGIT = re.compile(r"(?![0-9])\d")
_PHRASES = re.compile("[\ufdf0-\ufdfb]")
"""Arabic phrases in one character: NFKC expands each to up to 18 characters, none of which a rule looks for."""
_START, _END = r"(?<![0-9A-Za-z])(?<![0-9][-./])", r"(?![0-9A-Za-z])(?!-[0-9])"
_DATE = re.compile(r"(?:19|20)[0-9]{2}[-./ ]?(?:0?[1-9]|1[0-2])[-./ ]?(?:0?[1-9]|[12][0-9]|3[01])(?![0-9])")
_YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")
_CALLED = re.compile(r"(?:(?<![a-z])(?:tel|phone)(?![a-z])|전화|휴대폰|핸드폰|연락처|☎|📞).{0,8}$", re.IGNORECASE)


SHAPED = frozenset(get_args(it)[1].pattern for it in (Digest, Country, Period))
"""Patterns that leave no room for anything else."""


class Match(NamedTuple):
    """A match of a rule in a text, and what decides whether it is one."""

    it: re.Match[str]
    written: bool
    today: date

    @property
    def digits(self) -> str:
        return re.sub("[^0-9]", "", self.it[0])


class FreeTextRule(NamedTuple):
    """`holds` distinguishes a match from what only looks like one."""

    code: str
    pattern: re.Pattern[str]
    holds: Callable[[Match], bool]


def _resident(found: Match) -> bool:
    born, separator, rest = found.it.groups()
    year, century_and_sex = int(born[:2]), int(rest[0])
    year += 1900 if century_and_sex in (1, 2, 5, 6) else 2000
    try:
        birth = date(year, int(born[2:4]), int(born[4:]))
    except ValueError:
        return False
    if birth > found.today or year < found.today.year - 115:
        return False
    if re.search(r"법인|corporat", found.it.string[max(0, found.it.start() - 20) : found.it.start()], re.IGNORECASE):
        return False
    digits = [int(it) for it in born + rest]
    total = sum(a * b for a, b in zip(digits, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5), strict=False))
    if ((11 if century_and_sex < 5 else 13) - total % 11) % 10 == digits[12]:
        return True
    corporate = (10 - sum(a * (1 + n % 2) for n, a in enumerate(digits[:12])) % 10) % 10 == digits[12]
    return found.written and separator.strip() == "-" and birth >= date(2020, 10, 1) and not corporate


def _card(found: Match) -> bool:
    """ISO/IEC 7812-1, annex B."""
    if not found.written and found.digits == found.it[0]:
        return False
    doubled = (int(it) * (1 + n % 2) for n, it in enumerate(reversed(found.digits)))
    return sum(it - 9 if it > 9 else it for it in doubled) % 10 == 0


def _mobile(found: Match) -> bool:
    return found.written or (bool(found.it[1]) and bool(found.it[2]))


def _landline(found: Match) -> bool:
    start = found.it.start()
    called = _CALLED.search(found.it.string[max(0, start - 24) : start]) is not None
    return found.written and (called or not _YEAR.search(found.it[0]))


def _international(found: Match) -> bool:
    if _DATE.search(found.it[0]) or found.digits.endswith("0000"):
        return False
    if found.it[0].startswith("00") and _YEAR.search(found.it[0]):
        return False
    return len(found.digits) >= (10 if found.digits == found.it[0].lstrip("+") else 8)


def _korean(found: Match) -> bool:
    """The country's code without a plus: for a number in the country, and in a key with a mark between its parts."""
    return not _YEAR.search(found.it[0]) and (found.written or bool(found.it[1]))


def _national(found: Match) -> bool:
    """A number with no country code: not a year or a list of steps, and with the digits that such numbers have."""
    groups = re.findall("[0-9]+", found.it[0])
    steps = {int(after) - int(before) for before, after in pairwise(groups)}
    return found.written and not _YEAR.search(found.it[0]) and 9 <= len(found.digits) <= 11 and len(steps) > 1


def _called(found: Match) -> bool:
    return found.written and not _DATE.match(found.it[1])


def _passport(found: Match) -> bool:
    plain = found.it[0][1:].isdecimal()
    return not plain or (found.written and not _DATE.fullmatch(found.it[0][1:]))


def _always(_: Match) -> bool:
    return True


_MARK = "(?: ?[-./] ?| )"
"""The separators between the parts of a number."""

_ANY_MARK = r"(?:\s?[-./_~,·•・]{1,2}\s?|\s)"
"""Further separators, allowed if the number begins in a way that nothing else does."""

_CALLING_CODE = r"(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[2-9][0-9]{2})"
RULES = (
    FreeTextRule(
        "freetext.resident_number",
        re.compile(rf"{_START}([0-9]{{6}})( ?- ?| |)([1-8][0-9]{{6}})(?![0-9A-Za-z])"),
        _resident,
    ),
    FreeTextRule(
        "freetext.e_mail",
        re.compile(
            r"(?<=[\w.+%-])(?:@|\s?[\[(]\s?at\s?[\])]\s?)[\w-]+(?:(?:\.|\s?[\[(]\s?dot\s?[\])]\s?)[\w-]+)*"
            r"(?:\.|\s?[\[(]\s?dot\s?[\])]\s?)[^\W\d_]{2,}",
            re.IGNORECASE,
        ),
        _always,
    ),
    FreeTextRule(
        "freetext.bank_card",
        re.compile(
            rf"{_START}(?:(?:[3-69][0-9]|2[2-7])[0-9]{{2}}([- ])[0-9]{{4}}\1[0-9]{{4}}\1[0-9]{{4}}"
            r"|3[47][0-9]{2}([- ])[0-9]{6}\2[0-9]{5}"
            rf"|(?:4[0-9]|5[1-5]|2[2-7]|35|6[25]|60)[0-9]{{14}}|3[47][0-9]{{13}}){_END}"
        ),
        _card,
    ),
    FreeTextRule(
        "freetext.passport_number",
        re.compile(rf"{_START}[MSRODG](?:[0-9]{{8}}|[0-9]{{3}}[A-Z][0-9]{{4}}){_END}"),
        _passport,
    ),
    FreeTextRule(
        "freetext.passport_number",
        re.compile(
            r"(?<![0-9A-Za-z])(?:passport|여권)(?:\s?(?:no|number|번호))?[\s.:：#=]{0,4}[A-Z]{0,2}[0-9]{3}[A-Z]?[0-9]{4,6}(?![0-9])",
            re.IGNORECASE,
        ),
        _always,
    ),
    FreeTextRule(
        "freetext.phone_number",
        re.compile(
            rf"{_START}\(?(?:010(?=[\s)./_~,·•・-]|[2-9][0-9]{{7}}{_END})|01[16-9])\)?"
            rf"({_ANY_MARK}?)[2-9][0-9]{{2,3}}({_ANY_MARK}?)[0-9]{{4}}{_END}"
        ),
        _mobile,
    ),
    FreeTextRule(
        "freetext.phone_number",
        re.compile(
            rf"{_START}(?:\(0(?:2|[3-6][1-5])\) ?|0(?:2|[3-6][1-5])(?:{_MARK}|\) ?)|0(?:70|50[0-9]?){_MARK})"
            rf"[1-9][0-9]{{2,3}}{_MARK}[0-9]{{4}}{_END}"
        ),
        _landline,
    ),
    FreeTextRule(
        "freetext.phone_number",
        re.compile(
            rf"{_START}(?:00[0-9]{{1,3}}{_MARK})?82{_MARK}(?:\(0\){_MARK}?|0)?(?:10|2|[3-6][1-5]|70|50[0-9])"
            rf"{_MARK}[1-9][0-9]{{2,3}}({_MARK}?)[0-9]{{4}}{_END}"
        ),
        _korean,
    ),
    FreeTextRule(
        "freetext.phone_number",
        re.compile(
            rf"(?<![\w+])(?<![0-9][.,:/-])(?:\+{_CALLING_CODE}|0082|00{_CALLING_CODE}(?=[ .()/-]))"
            r"(?:[ .()/-]{0,3}[0-9]){5,13}(?![0-9A-Za-z])"
        ),
        _international,
    ),
    FreeTextRule(
        "freetext.phone_number",
        re.compile(
            rf"{_START}(?:(?:1|001){_MARK})?(?:\([2-9](?!11)[0-9]{{2}}\) ?|[2-9](?!11)[0-9]{{2}}{_MARK})"
            rf"[2-9][0-9]{{2}}{_MARK}[0-9]{{4}}{_END}"
        ),
        _national,
    ),
    FreeTextRule(
        "freetext.phone_number",
        re.compile(rf"{_START}0[1-9][0-9]{{0,3}}[ /.-][0-9]{{2,4}}(?:[ .-][0-9]{{2,4}}){{1,3}}(?! ?[0-9]){_END}"),
        _national,
    ),
    FreeTextRule(
        "freetext.phone_number",
        re.compile(
            r"(?:(?<![a-z])(?:tel|phone)(?![a-z])|전화|휴대폰|핸드폰|연락처|☎|📞)(?:번호)?[은는이가]?[\s.:：(=]{0,4}"
            r"([+0-9](?:[ ().-]{0,2}[0-9]){7,14})(?![0-9A-Za-z])",
            re.IGNORECASE,
        ),
        _called,
    ),
)


def check_free_text(stream: str, source: str, id: str, fact: Fact, today: date) -> None:
    """Raises Refused with the rule's code and the path of the first text that breaks a rule, never the text.

    Paths are those of an event: `$.data.purpose`, and `$.data.data.purpose` inside a correction. Not a part of
    decoding: what was recorded before a rule was made can always be read.
    """
    texts = _texts(fact, "$.data.")
    codes = "\n".join(["", stream, source, id, *[text for _, text, written in texts if not written]])
    if not _suspicious(codes) and not any(written and _IN_TEXT.search(text) for _, text, written in texts):
        return
    for path, text, written in [("$.subject", stream, False), ("$.source", source, False), ("$.id", id, False), *texts]:
        if rule := broken_rule(text, today, written=written):
            raise Refused(rule.code, path=path)


def _suspicious(codes: str) -> bool:
    """Whether a rule may match one of these keys, each after a line end."""
    codes = _plain(codes)
    return "@" in codes or "(" in codes or "[" in codes or "여권" in codes or _IN_CODE.search(codes) is not None


def broken_rule(text: str, today: date, *, written: bool) -> FreeTextRule | None:
    """The rule that a text breaks. `written` where people write sentences, not keys."""
    plain = _plain(text)
    found = ((rule, Match(it, written, today)) for rule in RULES for it in rule.pattern.finditer(plain))
    return next((rule for rule, it in found if rule.holds(it)), None)


def _plain(text: str) -> str:
    """A text in plain digits and dashes, without invisible characters."""
    if text.isascii():
        return text
    text = _UNSEEN.sub("", unicodedata.normalize("NFKC", _PHRASES.sub("\u0627", text))).translate(_DASHES)
    return _OTHER_DIGIT.sub(lambda it: str(unicodedata.decimal(it[0])), text)


def _texts(fact: Fact, path: str) -> list[tuple[str, str, bool]]:
    """Path, value and whether people write sentences there, for each text of a fact; a key has its table's path."""
    found: list[tuple[str, str, bool]] = []
    for name, type_, written in _fields(type(fact)):
        value = getattr(fact, name)
        if isinstance(value, str):
            found.append((path + name, value, written))
        elif isinstance(value, tuple) and value and isinstance(value[0], str):
            found += [(f"{path}{name}[{n}]", it, written) for n, it in enumerate(value)]
        elif value:
            found += _inside(value, type_, path + name)
    return found


def _inside(value: Any, type_: Any, path: str) -> Iterator[tuple[str, str, bool]]:
    """The texts of a list, a table, or a part of a fact."""
    match value:
        case str():
            yield path, value, _is_text(type_)
        case msgspec.Struct():
            for name, inner, _ in _fields(type(value)):
                yield from _inside(getattr(value, name), inner, f"{path}.{name}")
        case tuple():
            for n, it in enumerate(value):
                yield from _inside(it, _arguments(type_)[0], f"{path}[{n}]")
        case dict():
            for key, it in value.items():
                yield from _inside(key, _arguments(type_)[0], path)
                yield from _inside(it, _arguments(type_)[1], path)


@cache
def _fields(type_: type[msgspec.Struct]) -> list[tuple[str, Any, bool]]:
    """The fields of a struct that people write, at whatever depth, each with its type and whether it is Text."""
    return [
        (field.encode_name, field.type, _is_text(field.type))
        for field in msgspec.structs.fields(type_)
        if _holds_text(inspect.type_info(field.type))
    ]


def _is_text(type_: Any) -> bool:
    return type_ == Text or Text in getattr(type_, "__args__", ())


@cache
def _arguments(type_: Any) -> tuple[Any, ...]:
    """The types inside a tuple or a dict that may be absent or constrained."""
    while get_origin(type_) not in (tuple, dict):
        type_ = next(it for it in get_args(type_) if it is not types.NoneType)
    return get_args(type_)


def _holds_text(type_: Any) -> bool:
    match type_:
        case inspect.Metadata(type=inner):
            return (type_.extra or {}).get("vocabulary") != "currency" and _holds_text(inner)
        case inspect.StrType(pattern=pattern):
            return pattern not in SHAPED
        case inspect.VarTupleType(item_type=inner):
            return _holds_text(inner)
        case inspect.DictType(key_type=key, value_type=value):
            return _holds_text(key) or _holds_text(value)
        case inspect.UnionType(types=types_):
            return any(_holds_text(it) for it in types_)
        case inspect.StructType(cls=cls):
            return issubclass(cls, Fact) or bool(_fields(cls))
        case _:
            return False
