"""The one rule for every text that enters (문자 점검), whichever database keeps it.

A text is kept in NFC (Unicode Standard Annex 15), its lines ended by LF, so that what reads alike is alike. No text
holds a control character, an isolated surrogate, or one of the characters that change the direction of what follows
(U+202A to 202E, 2066 to 2069), which make a text look like something else. Tab and line feed are allowed where people
write sentences (`Text`), not in keys.

It is not part of decoding: what was recorded before this rule can always be read.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin
from unicodedata import combining, is_normalized, normalize

import msgspec

from domain.messages import reason_at, sentence
from domain.nearest import nearest
from domain.phrase import Phrase, any_of
from domain.record import Refused
from domain.values import Text

_IN_SENTENCES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_IN_KEYS = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_MAYBE = re.compile(r'[\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\\[^"\\]')
"""Anything in JSON that the rule may refuse: most entries have none of it."""

MOST_MARKS = 30
"""Combining marks in a row."""

S = TypeVar("S", bound=msgspec.Struct)

_COMPLAINT = re.compile(
    r"Invalid (?:enum )?value '?(?P<word>.*?)'?(?P<where> - at (?:`(?P<key>key)` in )?`\$(?P<path>[^`]*)`)?", re.DOTALL
)
"""The message of a decoder about a word that it does not accept."""
_UNKNOWN_FIELD = re.compile(r"Object contains unknown field `(?P<name>.*?)`(?: - at `\$(?P<path>[^`]*)`)?", re.DOTALL)

encode = msgspec.json.Encoder().encode


def is_plain(json: bytes) -> bool:
    """Whether every text in a JSON is in stored form and obeys the rule; most do, and this is quick."""
    text = json.decode()
    if not (text.isprintable() and "\\" not in text) and _MAYBE.search(text):
        return False
    return json.isascii() or is_normalized("NFC", text)


def check_marks(json: bytes) -> None:
    """Raises Refused for more than 30 combining marks in a row, as stream-safe text has none (Annex 15, 13)."""
    if not json.isascii() and (found := _marks().search(json.decode())):
        raise Refused(
            "text.marks",
            character=f"U+{ord(found[0][0]):04X}",
            most=MOST_MARKS,
        )


@cache
def _marks() -> re.Pattern[str]:
    """Too many combining marks in a row: sorting them takes quadratic time."""
    every = "".join(it for it in map(chr, range(0x300, 0x1F000)) if combining(it))
    return re.compile(f"[{every}]{{{MOST_MARKS + 1},}}")


def normalized(it: S) -> S:
    """The same with every text in NFC and its lines ended by LF.

    Raises Refused if a text is too long in that form, or two keys of a table become equal.
    """
    try:
        json = encode(it)
    except UnicodeEncodeError:
        return it  # half a surrogate pair: `check_characters` reports where
    if is_plain(json):
        return it
    try:
        return msgspec.json.decode(encode(_normal(msgspec.json.decode(json))), type=type(it))
    except msgspec.ValidationError as error:
        raise Refused("event.invalid", "in_nfc", because=complaint(error, type(it))) from None


def check_characters(it: msgspec.Struct, path: str) -> None:
    """Raises Refused with the path of the first text with a character that is not allowed."""
    for where, text, written in _texts(it, type(it), path):
        check_characters_of_text(text, where, written=written)


def check_characters_of_text(text: str, path: str, *, written: bool = False) -> None:
    """`check_characters` for one text; `written` where people write sentences, not keys."""
    if found := (_IN_SENTENCES if written else _IN_KEYS).search(text):
        character = f"U+{ord(found[0]):04X}"
        which = "text" if written else "key_space" if found[0] in "\t\n" else "key"
        raise Refused("text.character", which, path=path, character=character)


def check_name(text: str, path: str) -> None:
    """Raises Refused unless the source or the id of an assertion is in NFC, and as `check_characters_of_text`."""
    check_characters_of_text(text, path)
    if not is_normalized("NFC", text):
        raise Refused("text.not_nfc", path=path, nfc=normalize("NFC", text))


def complaint(error: msgspec.ValidationError, type_: Any = None) -> Phrase:
    """The message of a decoder, path included, but without the refused word: that may be anything.

    `type_` is what was decoded: it gives the allowed words, and the nearest of them; for an unknown field the nearest
    field names.
    """
    what, path = complaint_at(error, type_)
    return sentence("at", because=what, path=path) if path else what


def complaint_at(error: msgspec.ValidationError, type_: Any = None) -> tuple[Phrase, str]:
    """The same with the path separate, as the decoder writes it, empty if there is none."""
    if unknown := _UNKNOWN_FIELD.fullmatch(str(error)):
        what, path = reason_at(error)
        near = nearest(unknown["name"], _names(_at(type_, unknown["path"] or "")))
        return (sentence("word", "near", what=what, near=any_of(near)) if near else what), path
    if not (found := _COMPLAINT.fullmatch(str(error))):
        return reason_at(error)
    types_ = _at(type_, found["path"] or "")
    if found["key"]:
        types_ = [get_args(it)[0] for type_ in types_ for it in _bare(type_) if get_origin(it) is dict]
    lists = [get_args(it) for type_ in types_ for it in _bare(type_) if get_origin(it) is Literal]
    words = [*dict.fromkeys(word for it in lists for word in it)]
    near = nearest(found["word"], words)
    which = "near" if near else "allowed" if words else ""
    return sentence("value.list", which, allowed=words, near=any_of(near)), (found["where"] or "").removeprefix(
        " - at "
    )


def _at(type_: Any, path: str) -> list[Any]:
    """The types at a path, as a decoder writes it without its `$`."""
    types_ = [type_]
    for name in re.findall(r"\.(\w+)|\[", path):
        types_ = [inner for it in types_ for inner in _within(it, name)]
    return types_


def _names(types_: Iterable[Any]) -> list[str]:
    """The names of the fields that any of these have."""
    structs = (it for type_ in types_ for it in _bare(type_) if isinstance(it, type) and issubclass(it, msgspec.Struct))
    return [*dict.fromkeys(field.encode_name for it in structs for field in _fields(it))]


def _within(type_: Any, name: str) -> Iterator[Any]:
    """The types of a field, or of the values of a list or table where no name is given."""
    for it in _bare(type_):
        if name and isinstance(it, type) and issubclass(it, msgspec.Struct):
            yield from (field.type for field in _fields(it) if field.encode_name == name)
        elif not name and get_origin(it) in (tuple, list, dict):
            yield get_args(it)[1 if get_origin(it) is dict else 0]


@cache
def _fields(struct: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(struct)


def _bare(type_: Any) -> Iterator[Any]:
    """A type without its constraints, or each of a union."""
    if get_origin(type_) is Annotated:
        yield from _bare(get_args(type_)[0])
    else:
        for it in _ways(type_):
            yield from (it,) if it is type_ else _bare(it)


def _normal(value: Any) -> Any:
    match value:
        case str():
            return normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n"))
        case list():
            return [_normal(it) for it in value]
        case dict():
            made = {_normal(key): _normal(it) for key, it in value.items()}
            if len(made) < len(value):
                raise Refused("event.invalid", "twice_in_nfc")
            return made
        case _:
            return value


def _texts(value: Any, type_: Any, path: str) -> Iterator[tuple[str, str, bool]]:
    """Path, value and whether people write sentences there, for every text in a value; a key has its table's path."""
    match value:
        case str():
            yield path, value, any(it == Text for it in _ways(type_))
        case msgspec.Struct():
            for field in msgspec.structs.fields(value):
                yield from _texts(getattr(value, field.name), field.type, f"{path}.{field.encode_name}")
        case tuple() | list():
            for n, it in enumerate(value):
                yield from _texts(it, _inner(type_, n), f"{path}[{n}]")
        case dict():
            for key, it in value.items():
                yield from _texts(key, _inner(type_, 0), path)
                yield from _texts(it, _inner(type_, 1), path)


def _ways(type_: Any) -> tuple[Any, ...]:
    """The types of a union, or the one that there is."""
    return get_args(type_) if get_origin(type_) in (Union, types.UnionType) else (type_,)


def _inner(type_: Any, nth: int) -> Any:
    """The type of an item of a list, or of the key (0) or the value (1) of a table."""
    inner = next((get_args(it) for it in _ways(type_) if get_origin(it) in (tuple, list, dict)), ())
    return inner[min(nth, len(inner) - 1)] if inner and inner[-1] is not ... else inner[0] if inner else None
