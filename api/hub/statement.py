"""One `[[fact]]` of a mapping on the columns of one table: what it learns from all rows, and states of each."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeAlias
from unicodedata import normalize

import msgspec
from msgspec import Struct, field

from api import cloudevents
from api.hub.mapping import PLACEHOLDER, FactRule, MappingError, many
from api.hub.row_reader import (
    FACT_TYPE,
    WHOLE_ROW,
    Cells,
    Columns,
    Get,
    Moment,
    RowError,
    cell_rank,
    stream_key,
    value_of,
)
from api.problems import Problem
from domain.input_policy import characters
from domain.input_policy.authority import Actor
from domain.input_policy.characters import complaint_at
from domain.record import Fact, Refused
from journal.store import entry_rules

Group: TypeAlias = tuple[int, tuple[str | None, ...]]
Order: TypeAlias = tuple[Moment, tuple[int, float, str]]
"""What makes a row the first of its group: its time, then the column that `by` names; then its place in the file."""

KEYS = frozenset({"into", "project"})
"""Fields that name another stream by its key, in whatever fact."""
_LACKS = re.compile("Object missing required field `.*`")
"""What a decoder says of a field without a value, which is here a cell that is empty."""
_PATH = re.compile(r"\$\.(?:data\.)?(\w+).*")


class PostedEvent(Struct, frozen=True, kw_only=True):
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


class First(Struct, frozen=True):
    """The first row of a group so far, and what it would state."""

    order: Order
    row: int
    says: str


class Survey(Struct):
    """What a survey learned, and what has been stated since: by identity, the row and a digest of the event."""

    rows: int = 0
    first: dict[Group, First] = field(default_factory=dict)
    tied: dict[Group, int] = field(default_factory=dict)
    after: dict[Group, datetime] = field(default_factory=dict)
    cleaned: dict[str, str] = field(default_factory=dict)
    clashes: set[str] = field(default_factory=set)
    activities: dict[str | None, int] = field(default_factory=dict)
    stated: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)


class Statement:
    """One `[[fact]]` on the columns of one table."""

    def __init__(self, columns: Columns, number: int, rule: FactRule) -> None:
        form, where = rule.form, rule.where
        self.type, self.past = form.type, form.past
        self._number, self._fact, self._zone, self._form = number, rule.fact, columns.zone, columns.form
        self.fits = columns.test(form, where)
        self._time = columns.moment(form.time or columns.form.time.column, (), f"{where} time")
        self._source = columns.template(form.source or "", form.type, f"{where} source")
        self._id = columns.template(form.id or "", form.type, f"{where} id")
        self._kind, _, key = (form.subject or "").partition(":")
        self._key = columns.template(key, form.type, f"{where} subject")
        self._group = [columns.column(name, f"{where} first_of") for name in many(form.first_of)]
        self._by = columns.column(form.by, f"{where} by") if form.by else None
        if form.by and columns.place(form.by, where) in columns.people:
            raise MappingError(f"{where} by", "by_people")
        self._since: Callable[[Cells], bool] | None = None
        if form.after:
            self._since = columns.test(form.after, f"{where} after")
            self._stretch = [columns.column(name, f"{where} after.group") for name in many(form.after.group)]
        self._values = {
            name: value_of(columns, it, form.type, f"{where} data.{name}", number=name in rule.numbers)
            for name, it in rule.values.items()
        }
        self._columns = {
            name: it.person or ", ".join(many(it.column)) or it.template or "" for name, it in rule.values.items()
        }
        self._columns |= {
            "time": ", ".join(many(form.time or columns.form.time.column)),
            "subject": ", ".join(PLACEHOLDER.findall(key)),
            "id": ", ".join(PLACEHOLDER.findall(form.id or "")),
            "source": ", ".join(PLACEHOLDER.findall(form.source or "")),
        }

        read = {columns.place(name, where) for name in rule.columns - {WHOLE_ROW, FACT_TYPE}}
        self.about_people = bool(read & columns.people.keys()) or WHOLE_ROW in rule.columns

    def timed(self, cells: Cells) -> bool:
        try:
            return bool(self._time(cells))
        except RowError:
            return False

    def survey(self, number: int, cells: Cells, seen: Survey) -> bool:
        """Takes note of the row; whether it fits. What cannot be read counts for nothing here; `event` will say so."""
        fits = self.fits(cells)
        try:
            if self._since and self._since(cells):
                group, (_, time) = self._of(self._stretch, cells), self._time(cells)
                seen.after[group] = min(time, seen.after.get(group, time))
            if fits:
                if self._group:
                    self._compare(self._of(self._group, cells), number, cells, seen)
                key = self._key(cells) or ""
                subject = f"{self._kind}:{stream_key(key, self._form)}"
                if subject != f"{self._kind}:{key}" and seen.cleaned.setdefault(subject, key) != key:
                    seen.clashes.add(subject)
        except RowError:
            pass
        return fits

    def _compare(self, group: Group, number: int, cells: Cells, seen: Survey) -> None:
        """Keeps the first row of each group, and in `tied` those that their place in the file made the first."""
        order = self._time(cells), cell_rank(self._by(cells)) if self._by else (0, 0.0, "")
        says = repr([_read(get, cells) for get in (self._id, *self._values.values())])
        first = seen.first.get(group)
        if first is None or order < first.order:
            seen.first[group] = First(order, number, says)
            seen.tied.pop(group, None)
        elif order == first.order and says != first.says:
            seen.tied[group] = first.row

    def event(self, number: int, cells: Cells, seen: Survey, now: datetime) -> PostedEvent | None:
        """The fact that the row states by this rule, if it does. Raises RowError."""
        if not self.fits(cells):
            return None
        time, identity = self._time(cells)[1], normalize("NFC", self._id(cells) or "")
        if self._group and ((it := seen.first.get(self._of(self._group, cells))) is None or it.row != number):
            return None
        if self._since and not ((since := seen.after.get(self._of(self._stretch, cells))) and since < time):
            return None
        key = self._key(cells) or ""
        subject = self._subject(key)
        if subject in seen.clashes or seen.cleaned.get(subject, key) != key:
            raise RowError("", "clashing_keys")
        content: dict[str, Any] = msgspec.to_builtins(characters.normalized(self._said(cells)))
        del content["type"]
        return PostedEvent(
            id=identity,
            source=normalize("NFC", self._source(cells) or ""),
            type=self.type,
            subject=subject,
            time=time.astimezone(self._zone),
            zone=self._zone.key,
            data=content,
        )

    def check(self, number: int, event: PostedEvent, seen: Survey, now: datetime) -> None:
        """Raises RowError for what the server would refuse in any case, and for an id of another content."""
        body = msgspec.json.encode(event)
        hub = re.match("hub:([^/]+)", event.source)
        try:
            submission = cloudevents.submission(body, Actor("", "hub", hub[1] if hub else ""))
            entry_rules.check_early(submission, now)
        except (Problem, Refused) as refusal:
            name = _PATH.sub(r"\1", str(refusal.facts.get("path", "")))
            raise RowError(self._columns.get(name, ""), "refused", code=refusal.code, because=refusal.phrase) from None
        named = f"{event.source}\n{event.id}".encode()
        identity, content = (hashlib.blake2b(it, digest_size=16).digest() for it in (named, body))
        row, first = seen.stated.setdefault(identity, (number, content))
        if first != content:
            raise RowError(self._columns["id"], "other_row", other=row)

    def _subject(self, key: str) -> str:
        try:
            return f"{self._kind}:{stream_key(key, self._form)}"
        except RowError as unfit:
            raise RowError(self._columns["subject"], "").saying(unfit.phrase) from None

    def _stream_key(self, name: str, cell: str) -> str:
        """The key of the stream that a cell names, by the rule for the keys of such streams in this mapping."""
        kind = next((it for it in ("case:", "partner:", "project:") if cell.startswith(it)), "")
        try:
            return kind + stream_key(cell.removeprefix(kind), self._form)
        except RowError as unfit:
            raise RowError(self._columns[name], "fact", field=name, because=unfit.phrase) from None

    def _said(self, cells: Cells) -> Fact:
        data = {name: value for name, get in self._values.items() if (value := get(cells)) is not None}
        for name in KEYS & data.keys():
            data[name] = self._stream_key(name, str(data[name]))
        try:
            return msgspec.convert(data, self._fact, strict=False)
        except msgspec.ValidationError as error:
            what, path = complaint_at(error, self._fact)
            name = (re.findall(r"\w+", path) or [""])[0]
            if name:
                raise RowError(self._columns.get(name, ""), "fact", field=name, because=what) from None
            # A rule of the fact itself has no path: its sentence names the field.
            of = next((it for it in re.findall(r"\w+", what.en) if it in self._values), "")
            if of in self._columns and _LACKS.fullmatch(what.en):
                raise RowError(self._columns[of], "empty") from None
            raise RowError(self._columns.get(of, ""), "").saying(what) from None

    def _of(self, columns: Iterable[Get], cells: Cells) -> Group:
        return self._number, tuple(get(cells) for get in columns)


def _read(get: Callable[[Cells], object], cells: Cells) -> object:
    """What is read, or why it cannot be: a row that states its fact wrongly is the first of its group all the same."""
    try:
        return get(cells)
    except RowError as unfit:
        return str(unfit)
