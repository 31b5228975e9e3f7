"""A mapping (매핑): how the rows of a hub's own table state facts, in TOML that a hub's staff can write.

`docs/mapping.md` is the manual of the language; `api/hub/rows.py` applies a mapping to a table.
"""

from __future__ import annotations

import decimal
import difflib
import re
import unicodedata
from typing import Annotated, Any, Literal, TypeAlias, get_args, get_type_hints
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, Meta, Struct
from msgspec.structs import fields

from domain.input_policy.characters import complaint
from domain.messages import Invalid, of_library, reason, sentence, unlisted
from domain.phrase import Phrase, any_of
from domain.record import Fact
from domain.registry import FACTS, TYPES
from domain.values import Money, Pseudonym
from domain.vocabulary import CURRENCIES

OneOrMany: TypeAlias = str | tuple[str, ...]
Mark: TypeAlias = Literal[".", ","] | None
"""The mark before the fraction of a number; None where a mapping does not say."""
Fold: TypeAlias = Literal["first", "second"] | None
"""Which of two a local time is that came twice; None where a mapping does not say."""
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
IN_A_KEY = re.compile(r"[A-Za-z0-9._~-]+")
"""What a stream key holds (`domain.registry.STREAM`)."""


class MappingError(Invalid):
    """A mistake in a mapping: where it is, what is wrong and how to mend it (which of `mapping`)."""

    def __init__(self, where: str, which: str, /, **facts: object) -> None:
        super().__init__("mapping", which, **facts)
        self.where = where
        self.saying(sentence("mapping", "at", where=place_in_words(where), because=self.phrase))


class Part(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the TOML."""


class FileForm(Part, frozen=True, kw_only=True):
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    quote: Literal['"', ""] = '"'
    header: Annotated[int, Meta(ge=1)] = 1
    decimal: Mark = None
    missing: tuple[str, ...] = ("",)
    activity: str | None = None


class TimeForm(Part, frozen=True, kw_only=True):
    zone: str
    column: OneOrMany = ()
    format: OneOrMany = ()
    fold: Fold = None


class EventForm(Part, frozen=True, kw_only=True):
    source: str
    subject: str
    id: str
    keys: Literal["coded"] | None = None


class Condition(Part, frozen=True, kw_only=True):
    """What has to hold of a row: all of it. A pattern is a whole value, `*` in it any text."""

    activity: OneOrMany = ()
    when: dict[str, OneOrMany] = {}
    unless: dict[str, OneOrMany] = {}
    given: OneOrMany = ()


class After(Condition, frozen=True, kw_only=True):
    group: OneOrMany


class FactForm(Condition, frozen=True, kw_only=True):
    type: str
    first_of: OneOrMany = ()
    by: str | None = None
    after: After | None = None
    past: bool = False
    time: OneOrMany = ()
    source: str | None = None
    subject: str | None = None
    id: str | None = None
    data: dict[str, Any] = {}


class ValueForm(Part, frozen=True, kw_only=True):
    column: OneOrMany = ()
    template: str | None = None
    constant: Any = UNSET
    map: str | None = None
    format: OneOrMany = ()
    date_in: str | None = None
    split: str | None = None
    currency: str | None = None
    currency_column: str | None = None
    decimal: Mark = None
    person: str | None = None


class Form(Part, frozen=True, kw_only=True):
    time: TimeForm
    event: EventForm
    fact: tuple[FactForm, ...]
    file: FileForm = FileForm()
    rows: Condition = Condition()
    maps: dict[str, dict[str, str]] = {}
    keys: dict[str, str] = {}


class FactRule(Struct, frozen=True):
    """One `[[fact]]`, checked: the fact it states and, by field, the form of each value; which of them are numbers."""

    where: str
    form: FactForm
    fact: type[Fact]
    values: dict[str, ValueForm]
    numbers: frozenset[str]

    @property
    def columns(self) -> set[str]:
        """The columns that what it states is made of; not those it only looks at to see whether it fits."""
        it = self.form
        named = {*many(it.first_of), *(many(it.after.group) if it.after else ())}
        templates = [it.source or "", it.subject or "", it.id or ""]
        for value in self.values.values():
            named |= {*many(value.column), *filter(None, (value.currency_column, value.person))}
            templates.append(value.template or "")
        return named | {name for text in templates for name in PLACEHOLDER.findall(text)}


class Mapping:
    """A mapping that holds in itself; `named` are the columns that it names.

    Raises MappingError for every mistake that shows without a table.
    """

    def __init__(self, text: str) -> None:
        try:
            form = msgspec.toml.decode(unicodedata.normalize("NFC", text), type=Form)
        except msgspec.ValidationError as error:
            raise _misread(str(error)) from None
        except msgspec.DecodeError as error:
            raise MappingError("", "toml", because=reason(error)) from None
        if not form.fact:
            raise MappingError("[[fact]]", "no_fact")
        if len(form.file.delimiter) != 1:
            raise MappingError("[file] delimiter", "delimiter")
        try:
            "".encode(form.file.encoding)
        except LookupError:
            raise MappingError("[file] encoding", "encoding", encoding=form.file.encoding) from None
        for word, key in form.keys.items():
            if not word or not IN_A_KEY.fullmatch(key):
                raise MappingError(f'[keys] "{word}"', "key_letters")
            if list(form.keys.values()).count(key) > 1:
                raise MappingError(f'[keys] "{word}"', "key_twice", key=key)
        self.form = form
        zone(form.time.zone, "[time] zone")
        self.rules = tuple(self._rule(number, fact) for number, fact in enumerate(form.fact, 1))
        self.named = self._named()
        self.people = {it.person for rule in self.rules for it in rule.values.values() if it.person}

    def _named(self) -> set[str]:
        form = self.form
        found = {*many(form.time.column), *filter(None, (form.file.activity,))} | _tested(form.rows)
        for rule in self.rules:
            found |= rule.columns | {*many(rule.form.time)} | _tested(rule.form)
            found |= _tested(rule.form.after) if rule.form.after else set()
        return found

    def _rule(self, number: int, form: FactForm) -> FactRule:
        where = f"[[fact]] no. {number} ({form.type})"
        kind = form.type.partition(".")[0]
        known = [name for name in TYPES if name.partition(".")[0] in FACTS]
        if form.type not in known:
            raise MappingError(f"{where} type", "type", instead=_instead(form.type, known))
        subject = form.subject or self.form.event.subject
        if not subject.startswith(f"{kind}:"):
            raise MappingError(f"{where} subject", "subject", type=form.type, kind=kind)
        if form.by is not None and not form.first_of:
            raise MappingError(f"{where} by", "by_alone")
        fact = TYPES[form.type]
        hints = get_type_hints(fact, include_extras=True)
        names = [field.name for field in fields(fact)]
        values = {}
        for field, raw in form.data.items():
            here = f"{where} data.{field}"
            if field not in names:
                raise MappingError(here, "no_field", type=form.type, instead=_instead(field, names))
            values[field] = self._value(here, raw, hints[field])
        for needed in fields(fact):
            if needed.required and needed.name not in values:
                raise MappingError(where, "needs", type=form.type, field=needed.name)
        event = self.form.event
        source, id_ = form.source or event.source, form.id or event.id
        numbers = frozenset(name for name in values if _number(hints[name]))
        return FactRule(
            where, msgspec.structs.replace(form, source=source, subject=subject, id=id_), fact, values, numbers
        )

    def _value(self, where: str, raw: object, hint: Any) -> ValueForm:
        """The form of one value; what it is made of is tried against the type of its field where that shows here."""
        try:
            form = ValueForm(column=raw) if isinstance(raw, str) else msgspec.convert(raw, ValueForm)
        except msgspec.ValidationError as error:
            raise _misread(str(error), where, ValueForm) from None
        if (bool(form.column) + bool(form.template) + bool(form.person) + (form.constant is not UNSET)) != 1:
            raise MappingError(where, "no_place")
        if form.person and form != ValueForm(person=form.person):
            raise MappingError(f"{where}.person", "person_alone")
        if form.person and not (hint == Pseudonym or Pseudonym in get_args(hint)):
            raise MappingError(f"{where}.person", "no_person")
        if form.date_in is not None:
            zone(form.date_in, f"{where}.date_in")
        if form.currency is not None and form.currency not in CURRENCIES.codes:
            raise MappingError(f"{where}.currency", "currency", currency=form.currency)
        tried: dict[str, Any] = {} if form.constant is UNSET else {f"{where}.constant": form.constant}
        if form.map is not None:
            if form.map not in self.form.maps:
                raise MappingError(f"{where}.map", "no_map", map=form.map)
            into = self.form.maps[form.map].items()
            tried |= {f'[maps.{form.map}] "{key}"': value for key, value in into if value} if not form.split else {}
        for place, value in tried.items():
            try:
                msgspec.convert(value, hint, strict=False)
            except msgspec.ValidationError as error:
                because = complaint(error, hint)
                raise MappingError(place, "unfit", where=place_in_words(where), because=because) from None
        if form.decimal is not None and not _number(hint):
            raise MappingError(f"{where}.decimal", "no_number")
        if (form.currency is None and form.currency_column is None) == (Money in getattr(hint, "__args__", (hint,))):
            raise MappingError(where, "money")
        return form


def _tested(form: Condition) -> set[str]:
    return {*form.when, *form.unless, *many(form.given)}


def _number(hint: Any) -> bool:
    """Whether a field holds a number or an amount of money."""
    inner = {hint, *get_args(hint)}
    return bool(inner & {int, float, decimal.Decimal, Money})


def many(one: OneOrMany) -> tuple[str, ...]:
    return (one,) if isinstance(one, str) else one


def zone(name: str, where: str) -> ZoneInfo:
    """Raises MappingError unless `name` is an IANA zone."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise MappingError(where, "zone", name=name) from None


def place_in_words(where: str) -> Phrase:
    """A place in a mapping; empty is all of it."""
    if not where:
        return sentence("mapping", "place")
    if found := re.fullmatch(r"\[\[fact\]\] no\. (\d+)(.*)", where, re.DOTALL):
        return sentence("mapping", "fact", number=found[1], rest=found[2])
    return unlisted(where)


def _instead(name: str, known: list[str]) -> Phrase:
    close = difflib.get_close_matches(name, known, 3)
    return sentence("mapping", "near", near=any_of(close)) if close else sentence("mapping", "known", known=known)


_TABLES: dict[str, type[Struct]] = {
    "": Form,
    "file": FileForm,
    "time": TimeForm,
    "event": EventForm,
    "rows": Condition,
    "fact": FactForm,
    "after": After,
}


def _misread(error: str, where: str = "", table: type[Struct] | None = None) -> MappingError:
    """A decoder's complaint in the words of somebody who writes TOML."""
    what, _, path = error.partition(" - at `$")
    place = re.sub(r"^fact\[(\d+)\]", lambda n: f"[[fact]] no. {int(n[1]) + 1}", path.strip("`.")).replace("[...]", "")
    last = re.findall(r"[a-z_]+", path)
    known = [field.name for field in fields(table or _TABLES.get(last[-1] if last else "", Form))]
    if unknown := re.search(r"unknown field `(.*)`", what):
        return MappingError(where or place, "no_key", key=unknown[1], instead=_instead(unknown[1], known))
    if lacking := re.search(r"missing required field `(.*)`", what):
        return MappingError(where or place, "lacks_key", key=lacking[1])
    return MappingError(where or place, "value", because=of_library(what))
