"""What the rows of a table state under a mapping, as CloudEvents.

Pure: cells go in, events and reasons come out. A table is gone through twice. `survey` learns what no single
row knows: which row of a group is its first, when something in a group first happened, which stream keys
collide. `read` then says what each row states. Neither depends on the order of the rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeAlias
from unicodedata import normalize

import msgspec
from msgspec import Struct, field

from api.cells import FACT_TYPE, WHOLE_ROW, Cells, Columns, Get, Moment, Unfit, digest, stream_key, value_of
from api.mapping import Mapping, Rule, many
from domain import freetext, texts
from domain.identity import check_names
from domain.record import Fact, Refused

Group: TypeAlias = tuple[int, tuple[str | None, ...]]
First: TypeAlias = tuple[Moment, str, str]
"""What makes a row the first of its group: its time; then, to leave no tie to the order of rows, id and digest."""

LONGEST_ID, LONGEST_SOURCE = 256, 512
SOMEBODY = "(person)"


class CloudEvent(Struct, frozen=True, kw_only=True):
    """An assertion as it is posted. `time` carries its offset, `zone` the IANA name."""

    specversion: str = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    zone: str
    imported: bool = True
    data: dict[str, Any]


class Flaw(Struct, frozen=True):
    """A fact that is not stated. `row` as a spreadsheet numbers it: the header is row 1."""

    row: int
    column: str
    type: str
    reason: str


class Row(Struct, frozen=True):
    """What one row states. `filtered` is why it states nothing; `later` counts facts still in the future."""

    number: int
    events: tuple[CloudEvent, ...] = ()
    flaws: tuple[Flaw, ...] = ()
    filtered: str | None = None
    later: int = 0


class Seen(Struct):
    """What a survey learned. Grows with the groups and with the keys that were cleaned, not with the rows."""

    rows: int = 0
    first: dict[Group, First] = field(default_factory=dict)
    after: dict[Group, datetime] = field(default_factory=dict)
    cleaned: dict[str, str] = field(default_factory=dict)
    clashes: set[str] = field(default_factory=set)


class Table:
    """A mapping on the columns of one table. Raises MappingError for a column that is not there."""

    def __init__(self, mapping: Mapping, header: Cells) -> None:
        self._columns = columns = Columns(mapping.form, header, mapping.people)
        self._used = columns.test(mapping.form.rows, "[rows]")
        self._rules = [_Rule(columns, number, rule) for number, rule in enumerate(mapping.rules)]
        self._pseudonyms: dict[str, str] = {}

    @property
    def names_people(self) -> bool:
        """Whether cells of this table are people: then `know` comes before `survey` and `read`."""
        return bool(self._columns.people)

    def people(self, rows: Iterable[Cells]) -> list[str]:
        """What the rows call the people that their facts are about, each once."""
        found: dict[str, None] = {}
        for cells in rows:
            if cells and not self._ragged(cells) and self._used(cells) and self._about_people(cells):
                found |= {name: None for get in self._columns.people.values() if (name := get(cells))}
        return list(found)

    def know(self, pseudonyms: dict[str, str]) -> None:
        """From now on every cell that is a person reads as the pseudonym, wherever the mapping uses it."""
        self._pseudonyms = pseudonyms

    def survey(self, rows: Iterable[Cells]) -> Seen:
        """What the rows say together. A blank line is no row."""
        seen = Seen()
        for cells in rows:
            if cells:
                seen.rows += 1
                if not self._ragged(cells) and self._used(cells):
                    pseudonymous = self._pseudonymous(cells)
                    for rule in self._rules:
                        rule.survey(pseudonymous, seen)
        return seen

    def read(self, number: int, cells: Cells, seen: Seen, now: datetime) -> Row:
        """What row `number` states, given the survey of its table and the present moment."""
        if self._ragged(cells):
            reason = f"the row has {len(cells)} cells, the header {len(self._columns.header)}"
            return Row(number, flaws=(Flaw(number, "", "", reason),))
        if not self._used(cells):
            return Row(number, filtered="left out by [rows]")
        cells = self._pseudonymous(cells)
        events: dict[tuple[str, str], CloudEvent] = {}
        flaws: list[Flaw] = []
        later = 0
        for rule in self._rules:
            try:
                if (event := rule.event(cells, seen, now)) is None:
                    continue
                if rule.past and event.time > now:
                    later += 1
                elif (event.source, event.id) in events:
                    raise Unfit("", "another fact of this row has the same id; put {fact type} into the id")
                else:
                    events[event.source, event.id] = event
            except Unfit as unfit:
                flaws.append(Flaw(number, unfit.column, rule.type, str(unfit)))
        nothing = None if events or flaws else self._nothing(cells, later)
        return Row(number, tuple(events.values()), tuple(flaws), nothing, later)

    def _about_people(self, cells: Cells) -> bool:
        return any(rule.about_people and rule.fits(cells) for rule in self._rules)

    def _pseudonymous(self, cells: Cells) -> Cells:
        """The row without its people: pseudonyms where a fact of the row is about them, else a word for any."""
        if not self._columns.people:
            return cells
        known = self._pseudonyms if self._about_people(cells) else {}
        kept = list(cells)
        for place, get in self._columns.people.items():
            if name := get(cells):
                kept[place] = known.get(name, SOMEBODY)
        return kept

    def _ragged(self, cells: Cells) -> bool:
        return len(cells) < len(self._columns.header) or any(cells[len(self._columns.header) :])

    def _nothing(self, cells: Cells, later: int) -> str:
        if later:
            return "not happened yet"
        activity = self._columns.activity
        return f"states no fact: {activity(cells) or '(empty)'}" if activity else "states no fact"


class _Rule:
    """One `[[fact]]` on the columns of one columns."""

    def __init__(self, columns: Columns, number: int, rule: Rule) -> None:
        form, where = rule.form, rule.where
        self.type, self.past = form.type, form.past
        self._number, self._fact, self._zone = number, rule.fact, columns.zone
        self.fits = columns.test(form, where)
        self._time = columns.moment(form.time or columns.form.time.column, (), f"{where} time")
        self._source = columns.template(form.source or "", form.type, f"{where} source")
        self._id = columns.template(form.id or "", form.type, f"{where} id")
        self._kind, _, key = (form.subject or "").partition(":")
        self._key = columns.template(key, form.type, f"{where} subject")
        self._group = [columns.column(name, f"{where} first_of") for name in many(form.first_of)]
        self._since: Callable[[Cells], bool] | None = None
        if form.after:
            self._since = columns.test(form.after, f"{where} after")
            self._stretch = [columns.column(name, f"{where} after.group") for name in many(form.after.group)]
        self._values = {
            name: value_of(columns, it, form.type, f"{where} data.{name}") for name, it in rule.values.items()
        }
        self._columns = {
            name: it.person or ", ".join(many(it.column)) or it.template or "" for name, it in rule.values.items()
        }

        read = {columns.place(name, where) for name in rule.columns - {WHOLE_ROW, FACT_TYPE}}
        self.about_people = bool(read & columns.people.keys()) or WHOLE_ROW in rule.columns

    def survey(self, cells: Cells, seen: Seen) -> None:
        """Takes note of the row. What cannot be read counts for nothing here; `event` will say so."""
        try:
            if self._since and self._since(cells):
                group, (_, time) = self._of(self._stretch, cells), self._time(cells)
                seen.after[group] = min(time, seen.after.get(group, time))
            if not self.fits(cells):
                return
            if self._group:
                group, mine = self._of(self._group, cells), self._first(cells, self._time(cells), self._identity(cells))
                seen.first[group] = min(mine, seen.first.get(group, mine))
            key = self._key(cells) or ""
            if (clean := stream_key(key)) != key and seen.cleaned.setdefault(f"{self._kind}:{clean}", key) != key:
                seen.clashes.add(f"{self._kind}:{clean}")
        except Unfit:
            return

    def event(self, cells: Cells, seen: Seen, now: datetime) -> CloudEvent | None:
        """The fact that the row states by this rule, if it does. Raises Unfit."""
        if not self.fits(cells):
            return None
        moment = self._time(cells)
        time, identity = moment[1], self._identity(cells)
        if self._group and seen.first.get(self._of(self._group, cells)) != self._first(cells, moment, identity):
            return None
        if self._since and not ((since := seen.after.get(self._of(self._stretch, cells))) and since < time):
            return None
        key, source = self._key(cells) or "", normalize("NFC", self._source(cells) or "")
        subject = f"{self._kind}:{stream_key(key)}"
        if subject == f"{self._kind}:" or len(source) > LONGEST_SOURCE:
            raise Unfit(
                "", "the stream key is empty once cleaned" if len(source) <= LONGEST_SOURCE else "source is too long"
            )
        if subject in seen.clashes or seen.cleaned.get(subject, key) != key:
            raise Unfit("", "two different keys read alike once cleaned; write a subject that keeps them apart")
        said = self._said(cells)
        try:
            fact = texts.normal(said)
            check_names(source, identity)
            texts.check(fact, "$.data")
            freetext.check(subject, source, identity, fact, now.date())
        except Refused as refusal:
            field = re.sub(r"\$\.(?:data\.)?(\w+).*", r"\1", str(refusal.facts.get("path")))
            raise Unfit(self._columns.get(field, ""), f"{refusal.code}: {refusal}") from None
        content: dict[str, Any] = msgspec.to_builtins(fact)
        del content["type"]
        return CloudEvent(
            id=identity,
            source=source,
            type=self.type,
            subject=subject,
            time=time.astimezone(self._zone),
            zone=self._zone.key,
            data=content,
        )

    def _said(self, cells: Cells) -> Fact:
        data = {name: value for name, get in self._values.items() if (value := get(cells)) is not None}
        try:
            return msgspec.convert(data, self._fact, strict=False)
        except msgspec.ValidationError as error:
            name = (re.findall(r"`(?:\$\.)?(\w+)", str(error)) or [""])[-1]
            raise Unfit(self._columns.get(name, ""), f"data.{name}: {error}" if name else str(error)) from None

    def _identity(self, cells: Cells) -> str:
        if len(identity := normalize("NFC", self._id(cells) or "")) > LONGEST_ID:
            raise Unfit("", f"the id is longer than {LONGEST_ID} characters; use fewer columns or {{whole row}}")
        return identity

    def _first(self, cells: Cells, moment: Moment, identity: str) -> First:
        return moment, identity, digest(cells)

    def _of(self, columns: Iterable[Get], cells: Cells) -> Group:
        return self._number, tuple(get(cells) for get in columns)
