"""The report of an edition as one HTML page, for the screen and for paper: Korean and English, charts inside.

Every figure is a link to its page at the server that made the report, with the entries it was made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from itertools import groupby
from pathlib import Path
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from domain.words import REPORT, STREAMS, TERMS
from projections.definitions import Indicator
from replay.editions.period_figures import Figure, is_additive
from replay.editions.withholding import unproven_in_words, withheld_legend, withheld_sign
from replay.report.charts import Bar, Chart, chart
from replay.report.content import (
    OF_HUBS,
    EditionReport,
    Name,
    as_withdrawn,
    edition_title,
    is_topic,
    not_compared,
    of_edition,
    reason_in_words,
    seoul_time,
    signed,
    slice_name,
    status_in_words,
    text_in_both,
    title,
    version_facts,
)
from replay.report.numbers import (
    PARTS,
    attainment,
    compared_places,
    exact,
    figure_told,
    format_figure,
    moved,
    target_places,
    told_apart,
    trend,
    unit_in_report,
)
from replay.report.summary import by_weight, restated_once, summary, without_results

Cell = tuple[str, str | None, str | None]
"""An indicator, a dimension and a value of it."""

STYLE = Path(__file__).with_name("report.css")
COLUMNS = 10
"""The most values of a dimension next to each other on paper; further ones start another table."""


@cache
def _environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    found.filters["groupby_family"] = _by_family
    found.globals |= {
        "TERMS": TERMS,
        "STREAMS": STREAMS,
        "R": REPORT,
        "COLUMNS": COLUMNS,
        "OF_HUBS": OF_HUBS,
        "style": STYLE.read_text(encoding="utf-8"),
    } | {
        it.__name__: it
        for it in (
            *(as_withdrawn, edition_title, is_topic, not_compared, of_edition, reason_in_words, seoul_time, signed),
            *(
                attainment,
                figure_told,
                compared_places,
                exact,
                format_figure,
                moved,
                target_places,
                told_apart,
                trend,
                unit_in_report,
            ),
            *(slice_name, status_in_words, text_in_both, title, unproven_in_words, version_facts, withheld_legend),
            *(by_weight, restated_once, withheld_sign),
        )
    }
    return found


def page(
    report: EditionReport,
    server: str | None = None,
    language: str = "ko",
    now: Mapping[Cell, str | None] | None = None,
) -> str:
    """The whole page, first in `language`.

    `server` is the origin that evidence links lead to; without one they lead to a pack's files. `now` has the figures
    that would now differ from the edition; they are marked. If it is None, none are.
    """
    listed = report.values("hub")
    hubs = [of for of in listed if of in report.names["hub"]]
    shorts = [short_name(report.name("hub", hub)) for hub in hubs]
    undesignated = [of for of in listed if of not in hubs]

    def href(it: Indicator, by: str | None, of: str | None) -> str:
        if server is None:
            return f"../evidence/{it.code}.csv"
        query = [("period", report.period), ("known", report.edition)]
        query += [("where", f"{by}={of}")] if by and of is not None else []
        return f"{server}/indicators/{it.code}?{urlencode(query, quote_via=quote)}#evidence"

    def charts() -> Iterator[tuple[Indicator, Chart]]:
        for it in report.indicators:
            figures = [report.figure(it, "hub", hub) for hub in hubs]
            if sum(figure is not None and figure.value not in (None, "0") for figure in figures) < 2:
                continue
            rows = [
                Bar(short, figure.value if figure else None, _bar_text(report, it, figure), href(it, "hub", hub))
                for hub, short, figure in zip(hubs, shorts, figures, strict=True)
            ]
            # The common target of all hubs is no mark for one hub where their figures add up.
            goal = None if is_additive(it) else report.compared.get((it.code, None))
            yield it, chart(rows, Decimal(goal.target) if goal and goal.target else None)

    def figures_of(it: Indicator, by: str, values: Sequence[str | None]) -> list[Figure | None]:
        return [report.figure(it, by, of) for of in values]

    return (
        _environment()
        .get_template("page.html")
        .render(
            report=report,
            language=language,
            rule=report.published.key.disclosure,
            hub_columns=[*hubs, *undesignated],
            hubs=hubs,
            href=href,
            server=server,
            now=now,
            charts=charts(),
            figures_of=figures_of,
            glance=summary(report),
            nothing=without_results(report),
            materiality=Decimal(report.standing.materiality),
            names_of={it.code: (it.ko, it.en) for it in report.indicators},
            units_of={it.code: it.unit for it in report.indicators},
            in_parts=any(it.unit in PARTS for it in report.indicators),
        )
    )


def short_name(name: Name) -> Name:
    """The name of a hub without the word that all hubs share."""
    return name[0].removesuffix(REPORT.hub.ko).strip() or name[0], name[1]


def _bar_text(report: EditionReport, it: Indicator, figure: Figure | None) -> Name:
    if figure is not None and figure.withheld:
        sign = withheld_sign(figure, report.published.key.disclosure)
        return sign, sign
    return figure_told(figure.value if figure else None, it.unit)


def _by_family(indicators: Iterable[Indicator]) -> Iterator[tuple[str, list[Indicator]]]:
    for family, members in groupby(indicators, lambda it: it.code[:2]):
        yield family, [*members]
