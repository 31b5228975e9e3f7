"""The report of an edition as a spreadsheet: a sheet for each table, and the formulas by name."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from domain.messages import Message
from domain.words import REPORT, TERMS, Phrase
from projections.definition_files import Definition
from projections.mirror.control_tower import UNASSIGNED
from replay.editions.period_figures import Figure
from replay.editions.withholding import unproven_in_words, withheld_legend, withheld_sign
from replay.report.content import (
    OF_HUBS,
    EditionReport,
    Name,
    not_compared,
    reason_in_words,
    seoul_time,
    signed,
    slice_name,
    version_facts,
)
from replay.report.numbers import ATTAINED
from replay.report.summary import restated_once

WIDTHS = {"Indicator": 12, "지표": 22, "Name": 30, "Rule": 90, "Formula": 44, "Digest": 66, "Value": 66}
COMPARED = ("Target", "Attained", "Half-year before", "Change", "Better or worse")
NEITHER = ("–", "–")
RATES = ("At an earlier rate", "Rate sets")
NAMED = ("명칭", "Slice name")
OF_HUB = ("거점센터", "Hub name")
DEFINED = ("Unit", "Better", "Meaning", "Counts", "Leaves out", "When it counts")


class NoWriter(Message):
    """The library that writes spreadsheets is not installed."""


def workbook(report: EditionReport) -> bytes:
    """XLSX. A figure without a value is an empty cell, a withheld one says so.

    Raises NoWriter without the extra `report`.
    """
    try:
        import xlsxwriter
    except ImportError as error:
        raise NoWriter("edition.no_writer") from error
    sink = io.BytesIO()
    # Without strings_to_formulas nothing that a hub wrote becomes a formula on somebody's computer.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(sink, options) as book:
        book.set_properties(
            {"title": f"Sagwan {report.edition}", "created": report.published.published_at.replace(tzinfo=None)}
        )
        for name, heads, rows in _tables(report):
            _sheet(book, name, heads, rows)
    return sink.getvalue()


def _tables(report: EditionReport) -> Iterable[tuple[str, Sequence[str], list[Sequence[Any]]]]:
    names = {it.code: it for it in report.indicators}
    published = report.published
    rule = published.key.disclosure
    legend = withheld_legend(rule) if rule else {}
    signs = [it for it in (legend, legend.get("secondary")) if it]
    content = report.content
    unproven = unproven_in_words(content.unproven, rule) if rule and content.unproven else {}
    yield (
        _both(REPORT.sheet_edition),
        ("Key", "Value"),
        [
            ("edition", report.edition),
            ("provisional", str(published.key.provisional)),
            ("superseded_by", str(published.superseded_by or "")),
            ("withdrawn", published.withdrawn.reason if published.withdrawn else ""),
            ("valid_cutoff (Seoul)", seoul_time(published.key.valid_cutoff)),
            ("position", published.key.position),
            ("published_at (Seoul)", seoul_time(published.published_at)),
            ("digest", published.digest),
            ("key_digest", published.key.digest),
            ("checkpoint", published.key.checkpoint or ""),
            *((name[1], named) for name, named in version_facts(published.key)),
            *((it["sign"], it[language]) for it in signs for language in ("ko", "en")),
            *((", ".join(content.unproven), text) for text in unproven.values()),
        ],
    )
    figures = ("Indicator", "지표", "Name", "Unit", "Figure", *COMPARED, "Entries", "Without amount", *RATES)
    yield (
        _both(REPORT.sheet_all),
        figures,
        [
            (
                it.indicator,
                names[it.indicator].ko,
                names[it.indicator].en,
                names[it.indicator].unit,
                withheld_sign(it, rule) if it.withheld else _number(it.value),
                *_compared(report, it.indicator, None),
                withheld_sign(it, rule) if it.withheld else it.evidence,
                it.missing,
                *_rates(it),
            )
            for it in report.content.figures
            if it.by is None
        ],
    )
    sliced = ("Indicator", "지표", "Name", "Unit", "Slice", "Figure", "Entries", "Without amount")
    for by, name in (
        ("hub", REPORT.sheet_hub),
        ("ministry", REPORT.sheet_ministry),
        ("region", REPORT.sheet_region),
        ("field", REPORT.sheet_field),
        ("country", REPORT.sheet_country),
    ):
        rows: list[Sequence[Any]] = [
            (
                it.indicator,
                names[it.indicator].ko,
                names[it.indicator].en,
                names[it.indicator].unit,
                it.of or (_both(TERMS.levels[UNASSIGNED]) if by in OF_HUBS else ""),
                withheld_sign(it, rule) if it.withheld else _number(it.value),
                withheld_sign(it, rule) if it.withheld else it.evidence,
                it.missing,
                *(_compared(report, it.indicator, it.of) if by == "hub" else ()),
                *_rates(it),
                *report.name(by, it.of),
            )
            for it in report.content.figures
            if it.by == by
        ]
        yield _both(name), (*sliced, *(COMPARED if by == "hub" else ()), *RATES, *NAMED), rows
    if restated := report.restatement:
        yield (
            _both(REPORT.sheet_restatement),
            ("Key", "Value"),
            [
                (_both(REPORT.restates), restated.replaces),
                (_both(REPORT.reason), _or(reason_in_words(restated))),
                *((it["sign"], " / ".join((it["ko"], it["en"]))) for it in signs),
                (
                    _both(REPORT.named_indicators),
                    ", ".join(f"{it} {names[it].ko}" if it in names else it for it in restated.indicators),
                ),
                (_both(REPORT.proposed), _or(signed(restated.proposed_by, restated.proposed_as, restated.proposed_at))),
                (_both(REPORT.approved), _or(signed(restated.approved_by, restated.approved_as, restated.approved_at))),
                *(((_both(REPORT.moved), " / ".join(why)),) if (why := not_compared(restated)) else ()),
            ],
        )
        yield (
            _both(REPORT.sheet_moved),
            ("Indicator", "지표", "Level", "구분", "Before", "After", "Change", "Name"),
            [
                (
                    it.indicator,
                    names[it.indicator].ko,
                    *reversed(slice_name(report, it)),
                    it.before_sign or REPORT.withheld.en if it.before_withheld else _number(it.before),
                    it.after_sign or REPORT.withheld.en if it.after_withheld else _number(it.after),
                    _number(it.delta),
                    names[it.indicator].en,
                )
                for it in restated_once(report)
            ],
        )
    moved = ("Edition", "Indicator", "By", "Slice", "Published", "Now", "Adjustment", "지표", "Name", *NAMED)
    yield (
        _both(REPORT.sheet_adjustments),
        moved,
        [
            (
                f"{it.period}/{it.edition}",
                move.indicator,
                move.by or "",
                move.of or "",
                *(
                    3 * (_both(REPORT.withheld),)
                    if move.withheld
                    else map(_number, (move.before, move.after, move.delta))
                ),
                *((names[move.indicator].ko, names[move.indicator].en) if move.indicator in names else ("", "")),
                *(report.name(move.by, move.of) if move.by else REPORT.all),
            )
            for it in report.content.adjustments
            for move in it.moves
        ],
    )
    findings = (*report.standing.findings, *report.standing.carried_over)
    withheld = report.standing.withheld
    note: list[Sequence[Any]] = [REPORT.withheld_findings.filled(n=withheld)] if withheld else []
    yield (
        _both(REPORT.sheet_findings),
        ("Finding", "Hub", "Severity", "Standing", "Due on", *(it.capitalize() for it in TERMS.elements), *OF_HUB),
        [
            (
                *(it[name] for name in ("stream", "hub", "severity", "status")),
                str(it["due_on"] or ""),
                *(it[name] for name in TERMS.elements),
                *report.name("hub", it["hub"]),
            )
            for it in findings
        ]
        + note,
    )
    yield (
        _both(REPORT.sheet_qualitative),
        ("Indicator", "Hub", "Version", "평가", "Assessment", "Evidence", "Position", "Digest", *OF_HUB),
        [
            (
                it.indicator,
                it.hub,
                it.version,
                it.text_ko,
                it.text_en,
                " ".join(it.evidence),
                it.position,
                it.digest,
                *report.name("hub", it.hub),
            )
            for it in report.assessed.values()
        ],
    )
    yield (
        _both(REPORT.sheet_narratives),
        ("Hub", REPORT.narratives.ko, "Narrative", *OF_HUB),
        [(hub, ko, en, *report.name("hub", hub)) for hub, (ko, en) in report.narratives.items()],
    )
    yield (
        _both(REPORT.sheet_formulas),
        ("Indicator", "지표", "Name", "Version", "Class", "Unit", "Formula", "Rule", "Digest"),
        [
            (it.code, it.ko, it.en, it.version, it.class_, it.unit, it.aggregate, it.counts, it.formula)
            for it in report.indicators
        ],
    )
    yield (
        _both(REPORT.sheet_definitions),
        ("Indicator", "지표", "Name", *(f"{head} {language}" for language in ("ko", "en") for head in DEFINED)),
        [
            *(
                (it.code, it.ko, it.en, *_defined(it.definition, TERMS.units[it.unit], TERMS.better[it.better]))
                for it in report.indicators
            ),
            *((it.code, it.ko, it.en, *_defined(it.definition, REPORT.in_words, NEITHER)) for it in report.qualitative),
        ],
    )


def _compared(report: EditionReport, code: str, hub: str | None) -> tuple[Any, ...]:
    if (it := report.compared.get((code, hub))) is None:
        return (None,) * len(COMPARED)
    cells = ("" if it.attained is None else " / ".join(ATTAINED[it.attained]), _number(it.before), _number(it.change))
    return _number(it.target), *cells, "" if it.turned is None else " / ".join(TERMS.turned[it.turned])


def _defined(definition: Mapping[str, Definition], unit_: Name, better: Name) -> Iterator[str]:
    for n, language in enumerate(("ko", "en")):
        texts = definition[language]
        yield from (unit_[n], better[n], texts.means, texts.counts, texts.leaves_out, texts.timed)


def _sheet(book: Any, name: str, heads: Sequence[str], rows: list[Sequence[Any]]) -> None:
    sheet = book.add_worksheet(name)
    bold, number = book.add_format({"bold": True, "bottom": 1}), book.add_format({"num_format": "#,##0.######"})
    sheet.write_row(0, 0, heads, bold)
    for n, head in enumerate(heads):
        sheet.set_column(n, n, WIDTHS.get(head, 16))
    for n, row in enumerate(rows, 1):
        for m, cell in enumerate(row):
            if isinstance(cell, int | Decimal):
                sheet.write_number(n, m, cell, number)
            elif cell is not None:
                sheet.write_string(n, m, str(cell))
    sheet.freeze_panes(1, 0)
    if rows:
        sheet.autofilter(0, 0, len(rows), len(heads) - 1)


def _rates(it: Figure) -> Sequence[Any]:
    return it.earlier_rate, ", ".join(it.rate_sets or ()) or None


def _number(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _or(said: Name) -> str:
    """Both languages, only once if they are the same."""
    return " / ".join(dict.fromkeys(said))


def _both(name: Phrase) -> str:
    """The form in which sheets and cells shared by both languages show it."""
    return f"{name.ko} {name.en}"
