"""The first page of an edition as a document of Hancom Office (HWPX, OWPML), for ministries to pass on and quote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from domain.words import REPORT, TERMS, Phrase
from replay.report.content import (
    EditionReport,
    Name,
    as_withdrawn,
    of_edition,
    seoul_time,
    text_in_both,
    title,
)
from replay.report.numbers import attainment, figure_told, trend, unit_in_report
from replay.report.summary import Line, summary
from replay.report.workbook import NoWriter

if TYPE_CHECKING:
    from hwpx import HwpxDocument

TITLE_POINTS, HEADING_POINTS, POINTS = 18, 13, 10
MARGINS_MM = {"left": 20.0, "right": 20.0, "top": 20.0, "bottom": 15.0}


def hwpx_page(report: EditionReport, language: str = "ko") -> bytes:
    """The same edition and language give the same bytes. Raises NoWriter without the extra `hwpx`."""
    try:
        from hwpx import HwpxDocument
    except ImportError as error:
        raise NoWriter("edition.no_writer", "hwpx") from error
    document = HwpxDocument.new()
    document.page.setup(paper_size="A4", margins_mm=MARGINS_MM)
    _Writer(document, language == "en").write(report)
    for section in document.sections:
        # The library numbers them at random; nothing refers to these numbers.
        numbered = (it for it in section.element.iter() if str(it.tag).endswith(("}p", "}tbl")))
        for number, element in enumerate(numbered, 1):
            element.set("id", str(number))
    return document.to_bytes()


class _Writer:
    def __init__(self, document: HwpxDocument, english: bool) -> None:
        self._document = document
        self._english = english
        styles = document.styles
        self._plain = styles.ensure_run(size=POINTS)
        self._bold = styles.ensure_run(size=POINTS, bold=True)
        self._heading = styles.ensure_run(size=HEADING_POINTS, bold=True)
        self._title = styles.ensure_run(size=TITLE_POINTS, bold=True)

    def write(self, report: EditionReport) -> None:
        content = summary(report)
        first = self._document.paragraphs[0]
        first.add_run(self._say(title(report.period)), char_pr_id_ref=self._title)
        self._paragraph(", ".join(self._standing(report)), self._bold)
        for name, text in self._facts(report):
            self._paragraph(f"{self._say(name)}: {text}")
        self._paragraph(self._say(REPORT.at_a_glance), self._heading)
        findings = REPORT.findings_told.filled(findings=content.findings, overdue=content.overdue)
        self._paragraph(" ".join(self._say(it) for it in (*content.said, findings)))
        self._table(content.headlines)
        for name, lines in ((REPORT.fell_short, content.missed), (REPORT.worse_now, content.worsened)):
            if lines:
                self._paragraph(f"{self._say(name)} {', '.join(map(self._in_words, lines))}")
        if opinion := report.standing.opinion_ko:
            self._paragraph(self._say(REPORT.opinion_of_committee), self._heading)
            self._paragraph(self._say(text_in_both(opinion, report.standing.opinion_en)))

    def _say(self, it: Phrase | Name) -> str:
        return it[self._english]

    def _paragraph(self, text: str, run: str | None = None) -> None:
        it = self._document.add_paragraph("", include_run=False)
        it.add_run(text, char_pr_id_ref=run or self._plain)

    def _standing(self, report: EditionReport) -> Iterator[str]:
        published = report.published
        yield self._say(REPORT.edition.filled(number=published.number))
        yield self._say(REPORT.provisional if published.key.provisional else REPORT.final)
        if report.restatement:
            yield self._say(REPORT.restated)
        if published.superseded_by:
            yield self._say(of_edition(REPORT.superseded, f"{report.period}/{published.superseded_by}"))
        if published.withdrawn:
            yield self._say(as_withdrawn(published.withdrawn.at, published.withdrawn.reason))

    def _facts(self, report: EditionReport) -> Iterator[tuple[Phrase, str]]:
        key = report.published.key
        yield REPORT.cutoff, seoul_time(key.valid_cutoff)
        yield REPORT.position, f"{key.position:,}"
        yield REPORT.published, seoul_time(report.published.published_at)
        yield REPORT.digest, report.published.digest

    def _table(self, lines: Sequence[Line]) -> None:
        heads = (REPORT.function, REPORT.indicator, REPORT.value, REPORT.change, REPORT.target)
        table = self._document.add_table(len(lines) + 1, len(heads))
        rows = [[self._say(it) for it in heads], *(self._row(it) for it in lines)]
        for y, row in enumerate(rows):
            for x, text in enumerate(row):
                (paragraph, *_) = table.cell(y, x).paragraphs
                paragraph.add_run(text, char_pr_id_ref=self._bold if y == 0 else self._plain)

    def _row(self, it: Line) -> list[str]:
        target = self._target(it)
        return [
            self._say(TERMS.families[it.indicator.code[:2]]),
            self._name(it),
            self._value(it),
            self._say(trend(it.compared, it.indicator.unit)),
            f"{target} {self._say(attainment(it.compared))}" if target else "–",
        ]

    def _in_words(self, it: Line) -> str:
        target = self._target(it)
        goal = f" ({self._say(REPORT.target)} {target})" if target else ""
        return f"{self._name(it)} {self._value(it)}{goal}"

    def _name(self, it: Line) -> str:
        """An indicator with its unit, so that no plural is needed."""
        return f"{self._say((it.indicator.ko, it.indicator.en))} ({self._say(unit_in_report(it.indicator.unit))})"

    def _value(self, it: Line) -> str:
        if it.figure is not None and it.figure.withheld:
            return self._say(REPORT.withheld)
        if it.figure is None or it.figure.value is None:
            return "–"
        return self._say(figure_told(it.figure.value, it.indicator.unit, it.compared))

    def _target(self, it: Line) -> str | None:
        goal = it.compared.target if it.compared else None
        return self._say(figure_told(goal, it.indicator.unit)) if goal else None
