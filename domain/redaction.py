"""What is left of an entry when content of it is destroyed by law (내용 파기), and how it is still proven.

Only what people wrote can go: texts, the keys of SAID, which nothing counts, joins or slices by, and a hub's own word
for a field of technology, by which figures are sliced: the slice is then REDACTED, also in the editions that showed it.
Dates, numbers, words of a list and other keys determine the figures and stay: no figure moves at any `known`. A text
that may be absent is removed, another becomes REDACTED. The salt goes too, so nobody guesses the text by its digest.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import inspect
from msgspec.structs import replace

from domain.field_paths import field_paths
from domain.input_policy.terms import vocabularies_of
from domain.record import Fact, Redacted, Refused
from domain.registry import EntryCorrected, entries, tag
from domain.values import Text
from domain.vocabulary import SCHEMES

REDACTED = "[redacted]"

SAID = frozenset(
    """
    approval_ref assessor_role body by city decision_ref from_org grade label language method milestone
    other_centre outcome ref seed team to_org why
    """.split()
)
"""Fields of the type Code, in whatever fact, that are only descriptive, or were when earlier acts named them."""

COUNTED = frozenset({"body", "other_centre"})
"""Those that figures now count by: what earlier acts took out stays out, and no new act names them."""

_END = re.compile(rb',"redacted":\{"digest":"([0-9a-f]{64})"\}\}')


def digest_of(stored: bytes) -> str:
    """The digest that the sealed log has of an entry: SHA-256 of its JSON as it was when it was recorded, in hex."""
    found = _END.fullmatch(stored, len(stored) - 90)
    return found[1].decode() if found else sha256(stored)


def sha256(stored: bytes) -> str:
    return hashlib.sha256(stored).hexdigest()


def redact(stored: bytes, fields: Iterable[str]) -> bytes:
    """The JSON that is left of a stored entry. A second time changes nothing.

    Raises Refused when a field is absent or cannot be taken out.
    """
    entry = entries.decode(stored)
    was = entry.redacted or Redacted(sha256(stored))
    return msgspec.json.encode(replace(entry, salt="", fact=without_fields(entry.fact, fields), redacted=was))


def check_named_anew(path: str) -> None:
    """Raises Refused for a field that a new act may not name."""
    if path.rpartition(".")[2] in COUNTED:
        raise Refused("redaction.not_text", "figures", field=path)


def without_fields(fact: Any, fields: Iterable[str]) -> Any:
    """A fact without the content of these fields. Raises Refused like `redact`."""
    for path in fields:
        fact = _without(fact, path, path)
    return fact


def _without(fact: Fact, name: str, path: str) -> Fact:
    name, _, rest = name.partition(".")
    value, field = getattr(fact, name, None), _fields(fact).get(name)
    if rest and isinstance(value, Fact):
        return replace(fact, **{name: _without(value, rest, path)})
    if rest or field is None:
        raise Refused("redaction.no_such_field", field=path, fields=sorted(_fields(fact)), type=tag(fact))
    if _of_technology(field):
        return replace(fact, **{name: _listed(value, path)})
    if not _said(field):
        raise Refused("redaction.not_text", "figures", field=path)
    if isinstance(value, tuple):
        return replace(fact, **{name: (REDACTED,) * len(value)})
    if value is None:
        return fact
    if not field.required:
        # A fact that is invalid without it (a project has a title) keeps a placeholder.
        with contextlib.suppress(ValueError):
            return replace(fact, **{name: field.default})
    return replace(fact, **{name: REDACTED})


def own_words(fact: Any) -> set[str]:
    """The words that a hub invented for fields of technology; figures are sliced by them."""
    if isinstance(fact, EntryCorrected):
        return own_words(fact.data)
    found: set[str] = set()
    for name, field in _fields(fact).items():
        if _of_technology(field) and (value := getattr(fact, name)) is not None:
            found |= {word for word in ((value,) if isinstance(value, str) else value) if not _of_a_list(word)}
    return found - {REDACTED}


def _listed(value: Any, path: str) -> Any:
    """A field of technology without the words that are on no list. Raises Refused if there is none of them."""
    words = (value,) if isinstance(value, str) else tuple(value or ())
    left = tuple(word if _of_a_list(word) else REDACTED for word in words)
    if words and left == words and REDACTED not in words:
        raise Refused("redaction.not_text", "list", field=path)
    return left[0] if isinstance(value, str) else left if value else value


def _of_a_list(word: str) -> bool:
    scheme, slash, _ = word.partition("/")
    return bool(slash) and scheme in SCHEMES


def _of_technology(field: msgspec.structs.FieldInfo) -> bool:
    return any(vocabulary == "technology" for vocabulary, _ in field_paths(field.type, vocabularies_of))


def _fields(fact: Fact) -> dict[str, msgspec.structs.FieldInfo]:
    return {field.encode_name: field for field in msgspec.structs.fields(fact)}


def _said(field: msgspec.structs.FieldInfo) -> bool:
    """Whether people wrote it, and nothing is counted by it."""
    if field.type == Text or Text in getattr(field.type, "__args__", ()):
        return True
    type_ = inspect.type_info(field.type)
    kinds = type_.types if isinstance(type_, inspect.UnionType) else (type_,)
    return field.name in SAID and any(isinstance(it, inspect.StrType) and it.pattern is None for it in kinds)
