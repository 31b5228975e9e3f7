"""What the rows of a table state under a mapping, as CloudEvents.

Pure: cells go in, events and reasons come out. A table is gone through twice. `survey` learns what no single
row knows: which row of a group is its first, when something in a group first happened, which stream keys
collide. `read` then says what each row states. The order of the rows decides only what times leave open: which of
several rows at the first moment of a group is its first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from api.hub.mapping import Mapping
from api.hub.row_reader import Cells, Columns, RowError, column_letters
from api.hub.statement import PostedEvent, Statement, Survey
from domain.messages import sentence
from domain.phrase import Phrase

SOMEBODY = "(person)"


class UnstatedFact(Struct, frozen=True):
    """A fact that is not stated. `row` as a spreadsheet numbers it: the header is row 1; `letters` as it calls the
    column, empty where there is none, or several."""

    row: int
    column: str
    type: str
    why: Phrase
    letters: str = ""

    @property
    def reason(self) -> str:
        """Why, in English."""
        return self.why.en

    @property
    def explanation(self) -> Phrase:
        """Why, with the column."""
        if not self.column:
            return self.why
        which = "at" if self.letters else "column"
        return sentence("row", which, letters=self.letters, column=self.column, because=self.why)


class MappedRow(Struct, frozen=True):
    """What one row states. `nothing` is why it states nothing; `later` counts facts still in the future."""

    number: int
    events: tuple[PostedEvent, ...] = ()
    flaws: tuple[UnstatedFact, ...] = ()
    nothing: Phrase | None = None
    later: int = 0

    @property
    def filtered(self) -> str | None:
        """Why it states nothing, in English."""
        return self.nothing and self.nothing.en


class MappedTable:
    """A mapping on the columns of one table. Raises MappingError for an unknown column."""

    def __init__(self, mapping: Mapping, header: Cells) -> None:
        self._columns = columns = Columns(mapping.form, header, mapping.people)
        self._second = mapping.form.file.header + 1
        self._used = columns.test(mapping.form.rows, "[rows]")
        self._rules = [Statement(columns, number, rule) for number, rule in enumerate(mapping.rules)]
        self._pseudonyms: dict[str, str] = {}

    @property
    def names_people(self) -> bool:
        """Whether cells of this table are people: then `know` comes before `survey` and `read`."""
        return bool(self._columns.people)

    def people(self, rows: Iterable[Cells]) -> list[str]:
        """What the rows call the people that their facts are about, each once."""
        found: dict[str, None] = {}
        for cells in rows:
            if not self._ragged(cells) and self._used(cells) and self._about_people(cells):
                found |= {name: None for get in self._columns.people.values() if (name := get(cells))}
        return list(found)

    def know(self, pseudonyms: dict[str, str]) -> None:
        """From now on every cell that is a person is read as the pseudonym, wherever the mapping uses it."""
        self._pseudonyms = pseudonyms

    def survey(self, rows: Iterable[Cells]) -> Survey:
        """What the rows say together, the first being the one under the header."""
        seen = Survey()
        for number, cells in enumerate(rows, self._second):
            seen.rows += 1
            if any(map(str.strip, cells)) and not self._ragged(cells) and self._used(cells):
                pseudonymous = self._pseudonymous(cells)
                fits = [rule.survey(number, pseudonymous, seen) for rule in self._rules]
                if (activity := self._columns.activity) and not any(fits):
                    seen.activities.setdefault(activity(cells), number)
        return seen

    def undecided(self, seen: Survey) -> list[Phrase]:
        """What only the order of the rows decided in the survey."""
        groups, rows = Counter(number for number, _ in seen.tied), dict[int, list[int]]()
        for (number, _), row in seen.tied.items():
            rows.setdefault(number, []).append(row)
        return [
            sentence("undecided", type=self._rules[number].type, count=count, rows=row_numbers(rows[number]))
            for number, count in groups.items()
        ]

    def reads_as_row(self, cells: Cells) -> bool:
        """Whether these could be a row of their own: as wide as the header, and with a time where one is expected."""
        return len(cells) == len(self._columns.header) and any(rule.timed(cells) for rule in self._rules)

    def read(self, number: int, cells: Cells, seen: Survey, now: datetime) -> MappedRow:
        """What row `number` states, given the survey of its table and the present moment."""
        if not any(map(str.strip, cells)):
            return MappedRow(number, nothing=sentence("nothing.empty"))
        if self._ragged(cells):
            return MappedRow(number, flaws=(self._width(number, cells),))
        if not self._used(cells):
            return MappedRow(number, nothing=sentence("nothing.rows"))
        cells = self._pseudonymous(cells)
        events: dict[tuple[str, str], PostedEvent] = {}
        flaws: list[UnstatedFact] = []
        later = 0
        for rule in self._rules:
            try:
                if (event := rule.event(number, cells, seen, now)) is None:
                    continue
                if rule.past and event.time > now:
                    later += 1
                elif (event.source, event.id) in events:
                    raise RowError("", "other_fact", part="{fact type}")
                else:
                    rule.check(number, event, seen, now)
                    events[event.source, event.id] = event
            except RowError as unfit:
                flaws.append(self._unstated(number, unfit.column, rule.type, unfit.phrase))
        nothing = None if events or flaws else self._nothing(cells, seen, later)
        return MappedRow(number, tuple(events.values()), tuple(flaws), nothing, later)

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

    def _width(self, number: int, cells: Cells) -> UnstatedFact:
        header = self._columns.header
        place = (
            len(cells) if len(cells) < len(header) else next(n for n, it in enumerate(cells) if n >= len(header) and it)
        )
        column = header[place] if place < len(header) else f"no. {place + 1}"
        why = sentence("row", "cells", count=len(cells), header=len(header))
        return UnstatedFact(number, column, "", why, column_letters(place))

    def _unstated(self, number: int, column: str, type_: str, why: Phrase) -> UnstatedFact:
        header = self._columns.header
        letters = column_letters(header.index(column)) if header.count(column) == 1 else ""
        return UnstatedFact(number, column, type_, why, letters)

    def _nothing(self, cells: Cells, seen: Survey, later: int) -> Phrase:
        if later:
            return sentence("nothing.later")
        if any(rule.fits(cells) for rule in self._rules):
            return sentence("nothing.not_first")
        if activity := self._columns.activity:
            return sentence("nothing.activity", row=seen.activities[activity(cells)])
        return sentence("nothing.fact")


def row_numbers(rows: Iterable[int], most: int = 10) -> Phrase:
    """The numbers of some rows, and how many more."""
    numbers = sorted(set(rows))
    which = "more" if len(numbers) > most else "some" if len(numbers) > 1 else "one"
    return sentence("rows", which, rows=numbers[:most], more=len(numbers) - most)
