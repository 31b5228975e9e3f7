"""Views, and indicators with their figures and the entries behind them."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import pyarrow as pa

from api.problems import Problem, unknown_word
from api.reads import authorization
from api.reads.asked import ReadRequest
from api.reads.grammar import PAGE_PARAMETERS, RowsAsked, parse_where
from api.reads.log import UNSAFE, proven_entry, sealed_tree
from api.reads.read import Document, File, TableAnswer
from api.source import Source
from domain.messages import reason, sentence
from domain.nearest import UnknownWord
from domain.record import FOREVER
from domain.visibility import Reader
from journal.log.sealer import SignedTree
from projections import conditions, disclosure, figures
from projections.definitions import INDICATORS, QUALITATIVE, READERS, VERSIONS, Indicator, Qualitative
from projections.filters import Filter, as_filter
from projections.mirror import public_views
from projections.mirror.public_views import PUBLIC_VIEWS
from projections.mirror.snapshot import Reading
from projections.mirror.visibility import VisibleTable, without_closed
from replay.editions import control_tower, published_figures
from replay.editions.editions import PublishedEdition, find_edition, parse_edition_name, verified_content
from replay.editions.published_figures import Released

IN_EDITIONS = "disclosure.in_editions"
"""The code of a question for more of figures with persons behind them than editions publish."""

PERFORMANCE = "hub_performance"

TOWER = "control_tower"

OF_PERSONS = {name for name, it in READERS.items() if it.figures}
"""Views with figures that have persons behind them."""

FIGURE_VIEWS = {PERFORMANCE, TOWER, *public_views.FROM_STAGES}
"""Views that are read from the tables of figures."""

WIDE_VIEWS = {PERFORMANCE, TOWER, "cases", "case_deadlines"}
"""Those of which an answer is long: they take turns."""

UNKNOWN = "query.unknown_word"
"""The code of a condition with a word that the record does not have."""


class TableQuery(msgspec.Struct, frozen=True):
    """How a table is cut: conditions on columns, slices, a half-year; fewer persons than `suppress` are not shown.

    `reader` is the one who reads, None who reads everything: rows are withheld from him, figures count them. An
    `outsider` sees figures of persons as the edition `released` publishes them, and none without one.
    """

    where: dict[str, Filter] = {}
    by: tuple[str, ...] = ()
    period: str | None = None
    suppress: int = 0
    reader: Reader | None = None
    outsider: bool = False
    released: Released | None = None

    @classmethod
    def of(cls, asked: ReadRequest) -> TableQuery:
        """From the parameters of a read. Raises Problem."""
        given = parse_where(asked.several("where"))
        by = asked.listed("by")
        period = asked.text("period")
        if period is not None and not given.get("period", as_filter(period)).keeps(period):
            raise Problem(400, "query.invalid", "two_half_years", parameter="period")
        suppress = asked.text("suppress") or "0"
        if not (suppress.isascii() and suppress.isdecimal() and len(suppress) < 10):
            raise Problem(400, "query.invalid", "suppress", parameter="suppress")
        return cls(given, by, period, int(suppress))


def sees_all(reader: Reader | None, hubs: Sequence[str]) -> bool:
    """Whether a reader sees figures with few persons behind them: one who reads everything sees all, others only those
    of hubs whose persons they may read."""
    return reader is None or (bool(hubs) and reader.sees_persons(hubs))


def restricted_query(query: TableQuery, reader: Reader | None) -> TableQuery:
    """What a reader may see of rows and of figures with persons behind them. Raises Problem."""
    hubs = query.where.get("hub")
    outsider = not sees_all(reader, hubs.options if hubs else ())
    if outsider and query.suppress > disclosure.LEAST:
        raise Problem(403, IN_EDITIONS, "least", parameter="suppress", least=disclosure.LEAST)
    return msgspec.structs.replace(query, reader=reader, outsider=outsider)


def list_views(_: Source, __: ReadRequest) -> Document:
    return Document({"views": sorted(PUBLIC_VIEWS)})


def read_view(source: Source, asked: ReadRequest) -> TableAnswer:
    """A public view as of the points asked for."""
    name, query = asked.path["view"], _query(source, asked)
    if query.suppress and name not in OF_PERSONS:
        raise Problem(400, "query.invalid", "suppress_figures", parameter="suppress")

    def read(reading: Reading, query: TableQuery) -> VisibleTable:
        if name not in PUBLIC_VIEWS:
            raise unknown_word(
                404, "view.none", UnknownWord("view_named", name, PUBLIC_VIEWS, name=repr(name)), views=[*PUBLIC_VIEWS]
            )
        with as_problems():
            _check(reading, query, name)
            if name == PERFORMANCE and query.outsider:
                for it in INDICATORS.values():
                    if it.persons and it.column in query.where:  # whether a row is there would reveal its figure
                        raise _in_editions(it)
                return VisibleTable(published_figures.released_performance(reading, query.where, query.released))
            if name == PERFORMANCE and query.suppress:
                return VisibleTable(disclosure.suppressed_performance(reading, query.where, least=query.suppress))
            if name == TOWER:
                of_now = not {"known", "valid", "fx"} & asked.names
                return VisibleTable(_tower(reading, query, source if of_now else None))
            fields = {*asked.listed("fields"), *(it.removeprefix("-") for it in asked.listed("order"))}
            return public_views.visible_view(
                reading, name, query.where, query.reader, fields if "fields" in asked.names else ()
            )

    return _answered(
        source, asked, query, {"view": name}, read, persons=name in OF_PERSONS, figures=name in FIGURE_VIEWS
    )


def _tower(reading: Reading, query: TableQuery, editions_of: Source | None) -> pa.Table:
    """An outsider who names no point sees figures of persons as the current edition of each half-year publishes them,
    with `editions_of`. Raises Problem for a condition that would reveal one by whether a row is there."""
    open_ = query.reader is None and not query.suppress
    if not open_ and (revealing := sorted(query.where.keys() & {*control_tower.TELLING})):
        raise Problem(403, IN_EDITIONS, "telling", parameter="where", column=revealing[0])
    table = public_views.view(reading, TOWER, query.where)
    if query.outsider:
        if query.released or editions_of is None:
            return control_tower.released_tower(table, [query.released] if query.released else [])
        named = {(row["period"], row["edition"]) for row in table.select(["period", "edition"]).to_pylist()}
        current = [edition_figures(editions_of, *it) for it in sorted(it for it in named if it[1] is not None)]
        return control_tower.released_tower(table, current, as_published=True)
    if query.suppress:
        return control_tower.suppressed_tower(reading, table, query.suppress)
    return table if open_ else control_tower.own_tower(table)


def list_indicators(source: Source, asked: ReadRequest) -> Document | TableAnswer:
    """Every definition in its newest version; as a table without what is nested."""
    asked.switch("raw")
    if asked.format == "json":
        return Document({"indicators": list(INDICATORS.values()), "qualitative": list(QUALITATIVE.values())})
    listed = [*map(_flat, INDICATORS.values()), *map(_flat, QUALITATIVE.values())]
    return TableAnswer(VisibleTable(pa.Table.from_pylist(listed)), source.journal.position)


def read_indicator(source: Source, asked: ReadRequest) -> TableAnswer:
    """The figures of an indicator, sliced and narrowed, as of the points asked for."""
    query, it = _query(source, asked), _indicator_asked(source, asked)

    def read(reading: Reading, query: TableQuery) -> VisibleTable:
        with as_problems():
            _check(reading, query)
            sliced, of_rows = _parted(query.where)
            table = figures_of(reading, query, sliced)
            if strange := of_rows.keys() - {*table.column_names}:
                raise UnknownWord("column_of", min(strange), {*figures.SLICES, *table.column_names}, what=it.code)
            # Of the rows as they are shown, so that no condition reveals what is withheld.
            return VisibleTable(conditions.filtered(reading, table, of_rows, it.code))

    def figures_of(reading: Reading, query: TableQuery, sliced: dict[str, Filter]) -> pa.Table:
        if query.outsider and it.persons:
            if query.released is None:
                raise _in_editions(it)
            return published_figures.released_figures(query.released, it, query.by, sliced, query.period)
        if query.suppress and it.persons:
            return disclosure.suppressed_figures(reading, it, query.by, sliced, query.period, least=query.suppress)
        return figures.figures(reading, it, query.by, sliced, query.period)

    return _answered(source, asked, query, _about(it), read, persons=it.persons, figures=True)


def read_contributing_entries(source: Source, asked: ReadRequest) -> TableAnswer | File:
    """The entries behind an indicator; as `tlog-proof` a zip with the proof of each, by position.

    Where entries are withheld from the reader, a file `withheld` in it says how many.
    """
    query, it = _query(source, asked), _indicator_asked(source, asked)
    if asked.format == "tlog-proof" and (named := sorted({*PAGE_PARAMETERS} & asked.names)):
        raise Problem(400, "query.invalid", "proofs", parameter=named[0])
    if asked.format != "tlog-proof" and (named := sorted({"size", "witnessed"} & asked.names)):
        raise Problem(400, "query.invalid", "of_proofs", parameter=named[0])

    def read(reading: Reading, query: TableQuery) -> VisibleTable:
        if query.outsider and it.persons:
            raise _in_editions(it)
        with as_problems():
            _check(reading, query)
            sliced, rest = _parted(query.where)
            found = without_closed(
                reading, query.reader, figures.contributing_entries(reading, it, sliced, query.period)
            )
            # How much is withheld is reported, so no condition on its content may narrow that.
            return found._replace(table=conditions.filtered(reading, found.table, rest, f"{it.code}/evidence"))

    about = _about(it) | {"amount_ko": it.amount_ko, "amount_en": it.amount_en}
    table = _answered(source, asked, query, about, read, persons=it.persons, figures=True)
    if asked.format != "tlog-proof":
        return table
    positions = sorted(set(table.seen.table["position"].to_pylist()))
    seal = sealed_tree(source, asked, covering=source.wait_for_seal(positions[-1]) if positions else 0)
    headers = {"Content-Disposition": f'attachment; filename="{it.code}-proofs.zip"'}
    headers |= UNSAFE | authorization.withheld_headers(table.seen.withheld)
    return File(_proofs(source, seal, positions, table.seen.withheld), "application/zip", headers)


def _proofs(source: Source, seal: SignedTree, positions: Iterable[int], withheld: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("checkpoint", seal.note)
        if withheld:
            why = sentence("authority.withheld", "entries", count=withheld, why=sentence("authority.withheld", "why"))
            archive.writestr("withheld", f"{why.en}\n")
        for position in positions:
            _, stored, made = proven_entry(source, seal, position)
            archive.writestr(f"{position}.tlog-proof", made._replace(extra=stored).text)
    return file.getvalue()


def _query(source: Source, asked: ReadRequest) -> TableQuery:
    asked.switch("raw")
    return restricted_query(TableQuery.of(asked), authorization.reader(source, asked.actor))


def _answered(
    source: Source,
    asked: ReadRequest,
    query: TableQuery,
    about: dict[str, Any],
    read: Callable[[Reading, TableQuery], VisibleTable],
    *,
    persons: bool,
    figures: bool,
) -> TableAnswer:
    """A table as of the points asked for, or one of figures.

    Those with `persons` behind them are as an edition has them for an outsider.
    """
    page = RowsAsked.of(asked, source)
    at = page.at
    if figures:
        source.wait_for_figures(asked.whole_number("after", 0))
    if query.outsider and persons:
        query = msgspec.structs.replace(query, released=_released(source, asked))
    opened = source.figure_reading if figures else source.reading

    def once() -> tuple[VisibleTable, int, datetime | None]:
        with opened(at.known, at.valid, at.fx) as reading:
            return read(reading, query), min(reading.position, FOREVER if at.known is None else at.known), now(reading)

    def now(reading: Reading) -> datetime | None:
        """As of which moment the next page is to be read."""
        if page.limit is None or at.known is not None or at.valid is not None:
            return at.valid
        moment: datetime | None
        ((moment,),) = reading.rows("SELECT getvariable('now')::TIMESTAMP")
        return moment and moment.replace(tzinfo=UTC)

    try:
        seen, position, moment = once()
    except Problem as problem:
        if problem.code != UNKNOWN:
            raise
        # A hub that was designated a moment ago is known to the record, and the tables may not have it yet.
        (source.wait_for_figures if figures else source.wait_for_tables)(source.journal.position)
        seen, position, moment = once()
    with as_problems():
        table, next_ = page.cut(
            seen.table, source, position, moment if at.valid is None and at.known is None else at.valid
        )
    about |= {"position": position, "valid": at.valid} | ({"fx": at.fx} if at.fx is not None else {})
    about |= {"next": next_} if page.limit is not None else {}
    more = {"cursor": next_} if next_ else {}
    return TableAnswer(seen._replace(table=table), position, about, source.set_aside(position), more)


def _released(source: Source, asked: ReadRequest) -> Released | None:
    """The edition that a request names by `known`, without `valid` or `fx`. Raises NoEdition, NotAsPublished."""
    edition = parse_edition_name(asked.text("known") or "")
    if edition is None or {"valid", "fx"} & asked.names:
        return None
    published = asked.edition(source, *edition)
    return None if published.withdrawn else _figures_of(source, published, *edition)


def edition_figures(source: Source, period: str, number: int) -> Released:
    """What an edition publishes. Raises NoEdition, NotAsPublished."""
    return _figures_of(source, find_edition(source.journal, period, number), period, number)


def _figures_of(source: Source, published: PublishedEdition, period: str, number: int) -> Released:
    content = verified_content(source.journal, source.figure_cache, period, published)
    return Released(f"{period}/{number}", period, content.figures)


def _indicator_asked(source: Source, asked: ReadRequest) -> Indicator:
    """The version of an indicator that is read: of an edition that `known` names the one that it published. Raises
    Problem, NoEdition."""
    it = named_indicator(asked.path["code"])
    if (edition := parse_edition_name(asked.text("known") or "")) is None:
        return it
    published = asked.edition(source, *edition).key.indicators.get(it.code)
    return VERSIONS.get((it.code, published or it.version), it)


def _parted(where: dict[str, Filter]) -> tuple[dict[str, Filter], dict[str, Filter]]:
    """Conditions on slices, and those on other columns."""
    sliced = {name: it for name, it in where.items() if name in figures.SLICES}
    return sliced, {name: it for name, it in where.items() if name not in sliced}


def _about(it: Indicator) -> dict[str, Any]:
    """What comes with the rows in JSON."""
    return {"code": it.code, "ko": it.ko, "en": it.en, "unit": it.unit, "version": it.version}


def _in_editions(it: Indicator) -> Problem:
    return Problem(403, IN_EDITIONS, "figures", indicator=it.code)


def _check(reading: Reading, query: TableQuery, view: str = "") -> None:
    """Raises UnknownWord or ValueError for a condition that no row can ever meet."""
    period = {} if query.period is None else {"period": query.period}
    for column, it in (query.where | {name: as_filter(one) for name, one in period.items()}).items():
        conditions.check_filter(reading, column, it, view)


@contextlib.contextmanager
def as_problems() -> Iterator[None]:
    """Raises Problem for words and values that are not to be found."""
    try:
        yield
    except UnknownWord as error:
        parameter = "by" if error.which == "slice" else "where"
        raise unknown_word(400, UNKNOWN, error, parameter=parameter) from None
    except ValueError as error:
        raise Problem(400, "query.invalid").saying(reason(error)) from None


def _flat(it: Indicator | Qualitative) -> dict[str, Any]:
    """An indicator as a row: its definition is columns, `means_ko` and so on. One in words has no unit and no query."""
    row = msgspec.structs.asdict(it)
    for language, definition in row.pop("definition").items():
        row |= {f"{name}_{language}": text for name, text in msgspec.structs.asdict(definition).items()}
    return row


def named_indicator(code: str) -> Indicator:
    """Raises Problem for an unknown code."""
    if (found := INDICATORS.get(code.upper())) is None:
        error = UnknownWord("indicator", code, INDICATORS)
        raise unknown_word(404, "indicator.none", error, indicators=sorted(INDICATORS))
    return found


def named_indicators(codes: Iterable[str]) -> list[Indicator]:
    """Each once, in the order in which they are named first. Raises Problem for an unknown code."""
    return [*{it.code: it for it in map(named_indicator, codes)}.values()]
