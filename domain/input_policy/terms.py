"""The check of terms when a fact is posted: what its list took at the time. Stored facts are not checked again.

Whole numbers are checked as well: JSON's readers and the tables hold them exactly within 2^53.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any, NamedTuple

import msgspec

from domain.field_paths import FieldPath, field_paths, values_at
from domain.nearest import nearest
from domain.phrase import any_of
from domain.record import Entry, Fact, Refused
from domain.registry import TYPES, EntryCorrected, tag
from domain.vocabulary import (
    ACTIVITY_KINDS,
    CENTRE_KINDS,
    COUNTRIES,
    CURRENCIES,
    LINK_KINDS,
    MINISTRIES,
    SCHEMES,
    Vocabulary,
)
from domain.vocabulary.zones import zones

EXACT = 2**53
LISTS = {"country": COUNTRIES, "currency": CURRENCIES}
CLOSED = {
    "ministry": MINISTRIES,
    "centre kind": CENTRE_KINDS,
    "link kind": LINK_KINDS,
    "activity kind": ACTIVITY_KINDS,
}
"""Lists with the only words that a new entry may use, though a stored one may have others."""


class Where(NamedTuple):
    """Where a word is: its field, and the path to that."""

    field: str
    path: str


def check_terms(entry: Entry[Any]) -> None:
    """Raises Refused when the fact, or what a correction restates, names something that its list did not have then.

    A field without a scheme, or of a scheme that we do not have, counts as the hub's own word.
    """
    fact: Fact = entry.fact
    occurred_at, inside = entry.occurred_at, "$.data."
    if isinstance(fact, EntryCorrected):
        occurred_at, fact, inside = fact.occurred_at, fact.data, "$.data.data."
    check_terms_of(fact, occurred_at.date(), inside)


def check_terms_of(fact: Fact, on: date, inside: str = "$.data.") -> None:
    """Raises Refused, with the path `inside` which the fact is, if a list did not have what it names on the day of the
    fact."""
    for field, vocabulary, way in controlled_fields(tag(fact)):
        where = Where(field, inside + field)
        for value in values_at(getattr(fact, field), way):
            match vocabulary:
                case "whole number":
                    if not -EXACT <= value <= EXACT:
                        raise Refused("number.out_of_range", "exact", field=field, path=where.path)
                case "technology":
                    _technology(where, value)
                case "zone":
                    if value not in zones():
                        near = nearest(value, zones())
                        raise Refused(
                            "vocabulary.unknown_zone",
                            field=field,
                            path=where.path,
                            did_you_mean=near,
                            such_as=near[0] if near else "Asia/Seoul",
                        )
                case closed if closed in CLOSED:
                    _closed(where, CLOSED[closed], value)
                case listed:
                    _listed(where, LISTS[listed], value, on)


@cache
def controlled_fields(type_: str) -> tuple[tuple[str, str, FieldPath], ...]:
    """For a fact type, each field that holds terms or numbers, what they are, and the path to them inside the field."""
    return tuple(
        (field.name, vocabulary, path)
        for field in msgspec.structs.fields(TYPES[type_])
        for vocabulary, path in field_paths(field.type, vocabularies_of)
    )


def vocabularies_of(type_: Any, metas: tuple[Any, ...]) -> Iterator[str]:
    """The lists that a type takes words from, for `domain.field_paths`."""
    if type_ is int:
        yield "whole number"
    for meta in metas:
        if isinstance(meta, msgspec.Meta) and meta.extra and "vocabulary" in meta.extra:
            yield meta.extra["vocabulary"]


def _technology(where: Where, value: str) -> None:
    name, slash, code = value.partition("/")
    if slash and (scheme := SCHEMES.get(name)) and scheme.find(code) is None:
        near = [f"{name}/{it}" for it in nearest(code, scheme.codes)]
        raise Refused(
            "vocabulary.unknown_field",
            "near" if near else "none",
            field=where.field,
            path=where.path,
            scheme=name,
            version=scheme.version,
            near=any_of(near),
            known=sorted(scheme.codes),
            did_you_mean=near,
        )


def _closed(where: Where, vocabulary: Vocabulary, code: str) -> None:
    if code not in vocabulary.codes:
        near = nearest(code, vocabulary.codes) or sorted(vocabulary.codes)
        raise Refused(
            "vocabulary.unknown_code",
            field=where.field,
            path=where.path,
            known=sorted(vocabulary.codes),
            did_you_mean=nearest(code, vocabulary.codes),
            vocabulary=vocabulary.name,
            such_as=near[0],
        )


def _listed(where: Where, vocabulary: Vocabulary, code: str, on: date) -> None:
    term = vocabulary.find(code)
    if term is not None and term.until is not None and on >= term.until:
        raise Refused(
            "vocabulary.withdrawn",
            field=where.field,
            path=where.path,
            until=term.until,
            instead=term.instead,
            code=code,
            vocabulary=vocabulary.name,
        )
