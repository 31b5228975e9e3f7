"""The report of an edition as one HTML page, for the screen and for paper: Korean and English, charts inside.

Every figure is a link to the entries it was made of, as of the edition, at the server that made the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from projections.definitions import Definition, Indicator
from replay.editions.editions import Adjustment
from replay.editions.period_figures import Figure, is_additive
from replay.editions.withholding import unproven_in_words, withheld_legend, withheld_sign
from replay.report.charts import Bar, bars
from replay.report.content import (
    BETTER,
    FAMILIES,
    EditionReport,
    Name,
    attainment,
    format_change,
    format_figure,
    half_year_name,
    seoul_time,
    status_in_words,
    trend,
    unit_name,
    version_facts,
)

STYLE = Path(__file__).with_name("report.css")
COLUMNS = 10
"""The most values of a dimension beside each other on paper; further ones begin a table of their own."""

DIMENSION_NAMES: dict[str, Name] = {
    "ministry": ("소관부처별", "By ministry"),
    "region": ("권역별", "By region"),
    "field": ("기술분야별", "By technology field"),
    "country": ("협력국별", "By partner country"),
}


FOUND: list[Name] = [("지적사항", "Finding"), ("중요도", "Severity"), ("상태", "Standing"), ("내용", "What was found")]
ELEMENTS: dict[str, Name] = {
    "criteria": ("기준", "Criteria"),
    "condition": ("현황", "Condition"),
    "cause": ("원인", "Cause"),
    "effect": ("영향", "Effect"),
    "action": ("시정조치", "Corrective action"),
}


def page(report: EditionReport, server: str | None = None) -> str:
    """The whole page. `server` is the origin that evidence links lead to; without one they lead to a pack's files."""
    it = _Page(report, server)
    title = f"{report.edition} {half_year_name(report.period)[0]} 반기별 점검"
    return "".join(
        (
            f'<!doctype html><html lang="ko"><head><meta charset="utf-8"><title>{escape(title)}</title>',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<style>{STYLE.read_text(encoding='utf-8')}</style></head><body>",
            '<input type="radio" name="language" id="ko" checked><input type="radio" name="language" id="en">',
            f'<div class="page">{"".join(it.parts())}</div></body></html>',
        )
    )


class _Page:
    def __init__(self, report: EditionReport, server: str | None) -> None:
        self.report = report
        self.server = server
        self.rule = report.published.key.disclosure

    def parts(self) -> Iterator[str]:
        yield from self.head()
        yield from self.summary()
        yield from self.hubs()
        yield from self.charts()
        for by, name in DIMENSION_NAMES.items():
            values = [of for of in self.report.values(by) if of is not None]
            if values:
                yield f"<h2>{_t(name)}</h2>"
                yield from self.matrix(by, values)
        yield from self.assessments()
        yield from self.adjustments()
        yield from self.findings()
        yield from self.definitions()
        yield from self.made_of()

    def head(self) -> Iterator[str]:
        report, published = self.report, self.report.published
        ko, en = half_year_name(report.period)
        yield '<div class="languages"><label for="ko">한국어</label><label for="en">English</label></div>'
        yield f'<div class="kicker">{_t(("글로벌 R&D 전략거점센터", "Global R&D strategic hub centres"))}</div>'
        yield f"<h1>{_t((f'{ko} 반기별 점검 결과', f'Half-year check, {en[0].lower()}{en[1:]}'))}</h1><p>"
        stamp = ("잠정", "Provisional") if published.key.provisional else ("확정", "Final")
        yield f'<span class="stamp {"provisional" if published.key.provisional else "final"}">{_t(stamp)}</span>'
        if published.superseded_by:
            newer = f"{report.period}/{published.superseded_by}"
            told = (f"정정판 {newer}로 대체됨", f"Superseded by {newer}")
            yield f'<span class="stamp superseded">{_t(told)}</span>'
        if gone := published.withdrawn:
            told = (
                f"공표 철회 {seoul_time(gone.at)}: {gone.reason}",
                f"Withdrawn {seoul_time(gone.at)}: {gone.reason}",
            )
            yield f'<span class="stamp superseded">{_t(told)}</span>'
        if report.redacted:
            told = ("일부 분류명이 법령에 따라 파기됨", "Names of slices in it were destroyed by law")
            yield f'<span class="stamp superseded">{_t(told)}</span>'
        number = (f"제{published.number}판", f"Edition {published.number}")
        yield f"<b>{_t(number)}</b> <code>{report.edition}</code></p>"
        facts: list[tuple[Name, str]] = [
            (("기준일시 (서울)", "Counts what happened by (Seoul)"), seoul_time(published.key.valid_cutoff)),
            (("기록 위치", "Counts what was recorded up to position"), f"{published.key.position:,}"),
            (("공표일시 (서울)", "Published (Seoul)"), seoul_time(published.published_at)),
            (("수치 요약값 (SHA-256)", "Digest of all figures (SHA-256)"), f"<code>{published.digest}</code>"),
        ]
        yield '<dl class="facts">' + "".join(f"<dt>{_t(name)}</dt><dd>{text}</dd>" for name, text in facts) + "</dl>"
        opinion = (report.standing.opinion_ko or "", report.standing.opinion_en or report.standing.opinion_ko or "")
        if opinion[0]:
            yield f"<h3>{_t(('위원회 의견', 'Opinion of the committee'))}</h3><p>{_t(opinion)}</p>"

    def summary(self) -> Iterator[str]:
        compared = [it for (_, hub), it in self.report.compared.items() if hub is None]
        goals, earlier = any(it.target for it in compared), next((it.edition for it in compared if it.edition), None)
        heads: list[Name] = [("지표", "Indicator"), ("단위", "Unit"), ("값", "Value")]
        heads += [(f"전 반기 {earlier}", f"Before, {earlier}"), ("증감", "Change")] if earlier else []
        heads += [("목표", "Target"), ("달성", "Attained")] if goals else []
        yield f"<h2>{_t(('전체 지표', 'All hubs together'))}</h2>{_heads([*heads, ('근거 건수', 'Entries')], 2)}"
        for family, members in groupby(self.report.indicators, lambda it: it.code[:2]):
            name = _t(FAMILIES.get(family, (family, family)))
            yield f'<tr class="family"><td colspan="{len(heads) + 1}">{name}</td></tr>'
            for it in members:
                figure, beside = self.report.figure(it), self.report.compared.get((it.code, None))
                yield f"<tr><th><b>{it.code}</b> {_t((it.ko, it.en))} {_better(it)}</th><td>{_t(unit_name(it))}</td>"
                yield f'<td class="number">{self.linked(it, figure)}</td>'
                if earlier:
                    yield f'<td class="number">{format_figure(beside.before if beside else None)}</td>'
                    yield f'<td class="number">{_t(trend(beside))}</td>'
                if goals:
                    yield f'<td class="number">{format_figure(beside.target if beside else None)}</td>'
                    yield f'<td class="number">{_t(attainment(beside))}</td>'
                yield f'<td class="number">{self.counted(figure)}</td></tr>'
        yield "</tbody></table>"
        if any(it.missing for it in self.report.content.figures):
            told = (
                "* 환율이나 달력이 없어 금액·시간을 정할 수 없는 건이 있어 값에서 제외하였음.",
                "* Some entries have no amount (no rate on the day, no calendar) and are left out of the value.",
            )
            yield f'<p class="soft">{_t(told)}</p>'
        yield from self.withheld()

    def withheld(self) -> Iterator[str]:
        """What stands where figures are withheld, and of which indicators that is not proven to be safe."""
        if self.rule and any(it.withheld for it in self.report.content.figures):
            signs = withheld_legend(self.rule)
            for it in (signs, signs.get("secondary")):
                if it:
                    yield f'<p class="soft"><span class="withheld">{it["sign"]}</span> {_t((it["ko"], it["en"]))}</p>'
        if self.rule and (codes := self.report.content.unproven):
            told = unproven_in_words(codes, self.rule)
            yield f'<p class="soft">{_t((told["ko"], told["en"]))}</p>'

    def hubs(self) -> Iterator[str]:
        yield f"<h2>{_t(('거점센터별', 'By hub'))}</h2>"
        yield from self.matrix("hub", self.hubs_named())

    def hubs_named(self) -> list[str]:
        """What the secretariat tells of the world is of no hub."""
        return [of for of in self.report.values("hub") if of]

    def matrix(self, by: str, values: Sequence[str]) -> Iterator[str]:
        """Indicators down, the values of a dimension across."""
        for first in range(0, len(values), COLUMNS):
            across = values[first : first + COLUMNS]
            heads = [("지표", "Indicator"), *(self.short(by, of) for of in across)]
            yield f'<div class="scroll">{_heads(heads, len(heads), "matrix")}'
            for it in self.report.indicators:
                figures = [self.report.figure(it, by, of) for of in across]
                if any(figures):
                    name = f'{it.code} {_t((it.ko, it.en))} <span class="soft">{_t(unit_name(it))}</span>'
                    cells = "".join(
                        f"<td>{self.linked(it, figure)}{self.reached(it, by, of)}</td>"
                        for of, figure in zip(across, figures, strict=True)
                    )
                    yield f"<tr><th>{name}</th>{cells}</tr>"
            yield "</tbody></table></div>"

    def short(self, by: str, of: str) -> Name:
        return (of, of) if by == "hub" else self.report.name(by, of)

    def reached(self, it: Indicator, by: str, of: str) -> str:
        """Whether a hub attained a target of its own."""
        beside = self.report.compared.get((it.code, of)) if by == "hub" else None
        if beside is None or beside.attained is None:
            return ""
        goal = format_figure(beside.target)
        return f"<br>{_t((f'{attainment(beside)[0]} ({goal})', f'{attainment(beside)[1]} ({goal})'))}"

    def charts(self) -> Iterator[str]:
        hubs = self.hubs_named()
        if len(hubs) < 2:
            return
        yield f'<h2>{_t(("거점센터 비교", "Hubs compared"))}</h2><div class="charts">'
        for it in self.report.indicators:
            figures = [self.report.figure(it, "hub", hub) for hub in hubs]
            if sum(figure is not None and figure.value not in (None, "0") for figure in figures) < 2:
                continue
            rows = [
                Bar(
                    hub,
                    figure.value if figure else None,
                    withheld_sign(figure, self.rule)
                    if figure and figure.withheld
                    else format_figure(figure.value)
                    if figure
                    else "–",
                    self.href(it, "hub", hub),
                )
                for hub, figure in zip(hubs, figures, strict=True)
            ]
            caption = (
                f'<b>{it.code}</b> {_t((it.ko, it.en))} <span class="soft">{_t(unit_name(it))}</span> {_better(it)}'
            )
            # What all hubs together aim at is no mark for one hub where their figures add up.
            beside = None if is_additive(it) else self.report.compared.get((it.code, None))
            chart = bars(rows, Decimal(beside.target) if beside and beside.target else None)
            yield f"<figure><figcaption>{caption}</figcaption>{chart}</figure>"
        yield "</div>"

    def assessments(self) -> Iterator[str]:
        """Qualitative indicators, each with what every hub handed in, or that it did not."""
        if self.report.qualitative:
            yield f"<h2>{_t(('질적 지표', 'Qualitative indicators'))}</h2>"
        for it in self.report.qualitative:
            ko, en = it.definition["ko"], it.definition["en"]
            yield f"<h3>{it.code} {_t((it.ko, it.en))}</h3>"
            yield f'<p class="soft">{_t((ko.means, en.means))}</p><dl>'
            for hub in self.report.standing.hubs:
                yield f"<dt><b>{escape(hub.hub)}</b> {_t(self.report.name('hub', hub.hub))}</dt>"
                made = self.report.assessed.get((it.code, hub.hub))
                if made is None:
                    yield f"<dd>{_t(('제출하지 않음', 'Not handed in'))}</dd>"
                    continue
                proof = " ".join(f"<code>{digest}</code>" for digest in made.evidence)
                yield f"<dd>{_t((made.text_ko, made.text_en or made.text_ko))}"
                yield f'<br><span class="soft">{_t(("증빙 (SHA-256)", "Evidence (SHA-256)"))}</span> {proof}</dd>'
            yield "</dl>"

    def adjustments(self) -> Iterator[str]:
        yield f"<h2>{_t(('전기조정', 'Prior-period adjustments'))}</h2>"
        if not self.report.content.adjustments:
            told = (
                "앞선 반기의 수치를 바꾸는 지연 기록이 없음.",
                "Nothing recorded late moves a figure of an earlier half-year.",
            )
            yield f"<p>{_t(told)}</p>"
        for it in self.report.content.adjustments:
            yield from self.adjustment(it)

    def adjustment(self, adjustment: Adjustment) -> Iterator[str]:
        name = f"{adjustment.period}/{adjustment.edition}"
        told = (
            f"{name} 공표 이후 기록된 사실과 정정으로 달라지는 수치. 공표된 판은 바뀌지 않음.",
            f"What facts and corrections recorded since {name} move. The published edition stays as it is.",
        )
        if any(it.withheld for it in adjustment.moves):
            more = (
                "사람이 근거인 지표는 얼마나 달라지는지 비공개이며, 정정판이 새로 공표함.",
                "How far figures of persons move is withheld; a restated edition publishes them anew.",
            )
            told = f"{told[0]} {more[0]}", f"{told[1]} {more[1]}"
        heads: list[Name] = [("지표", "Indicator"), ("거점센터", "Hub"), ("공표", "Published"), ("현재", "Now")]
        yield f"<h3>{name}</h3><p>{_t(told)}</p>{_heads([*heads, ('조정', 'Adjustment')], 2)}"
        named = {it.code: (it.ko, it.en) for it in self.report.indicators}
        for move in adjustment.moves:
            if move.by not in (None, "hub"):
                continue
            hub = escape(move.of or "") if move.by else _t(("전체", "all"))
            yield f"<tr><th>{move.indicator} {_t(named.get(move.indicator, ('', '')))}</th>"
            if move.withheld:
                away = f'<td class="number withheld">{_t(("비공개", "withheld"))}</td>'
                yield f"<td>–</td>{away * 3}</tr>"
                continue
            yield f"<td>{hub}</td>"
            yield "".join(f'<td class="number">{format_figure(it)}</td>' for it in (move.before, move.after))
            yield f'<td class="number"><b>{format_change(move.delta)}</b></td></tr>'
        yield "</tbody></table>"

    def findings(self) -> Iterator[str]:
        standing = self.report.standing
        heads: list[Name] = [("거점센터", "Hub"), ("상태", "Standing"), ("의견", "Opinion"), ("제출", "Submissions")]
        heads += [("반려", "Returned"), ("표본", "Sample")]
        yield f"<h2>{_t(('점검 경과와 지적사항', 'Reviews and findings'))}</h2>{_heads(heads, 3)}"
        for hub in standing.hubs:
            review = hub.review
            numbers = (review.get("submissions", 0), review.get("returns", 0), review.get("sample_size", 0))
            cells = "".join(f'<td class="number">{number}</td>' for number in numbers)
            named = f"<b>{hub.hub}</b> {_t(self.report.name('hub', hub.hub))}"
            yield f"<tr><th>{named}</th><td>{_t(status_in_words(review['status']))}</td>"
            yield f"<td>{_t(status_in_words(review.get('opinion')))}</td>{cells}</tr>"
        yield "</tbody></table>"
        if self.report.narratives:
            yield f"<h3>{_t(('거점센터의 설명', 'What the hubs say'))}</h3><dl>"
            for of, (ko, en) in self.report.narratives.items():
                yield f"<dt><b>{escape(of)}</b></dt><dd>{_t((ko or en or '', en or ko or ''))}</dd>"
            yield "</dl>"
        for name, found in (
            (("지적사항", "Findings"), standing.findings),
            (("이월된 시정조치", "Carried over from earlier checks"), standing.carried_over),
        ):
            if found:
                yield f"<h3>{_t(name)}</h3>{_heads([*FOUND, ('기한', 'Due')], len(FOUND) + 1)}"
                yield "".join(map(_finding, found)) + "</tbody></table>"
        if standing.withheld:
            told = (
                f"다른 거점센터의 지적사항 {standing.withheld}건은 열람 권한이 없어 표시하지 않습니다.",
                f"{standing.withheld} findings of other hubs are not for this reader.",
            )
            yield f'<p class="soft">{_t(told)}</p>'

    def definitions(self) -> Iterator[str]:
        yield f"<h2>{_t(('지표 정의', 'How the figures are made'))}</h2>"
        heads: list[Name] = [("지표", "Indicator"), ("정의", "Definition"), ("판", "Version"), ("산식", "Formula")]
        yield _heads(heads, len(heads), "definitions")
        for it in self.report.indicators:
            name, told = (
                f"<b>{it.code}</b> {_t((it.ko, it.en))}<br>{_better(it)}",
                _defined(it.definition, unit_name(it)),
            )
            yield f"<tr><th>{name}</th><td>{told}</td><td>{it.version}</td>"
            yield f"<td><code>{escape(it.aggregate)}</code></td></tr>"
        for said in self.report.qualitative:
            name, told = f"<b>{said.code}</b> {_t((said.ko, said.en))}", _defined(said.definition, ("서술", "words"))
            yield f"<tr><th>{name}</th><td>{told}</td><td>{said.version}</td><td>–</td></tr>"
        yield "</tbody></table>"

    def made_of(self) -> Iterator[str]:
        published = self.report.published
        facts = [
            *version_facts(published.key),
            (("판의 열쇠 (SHA-256)", "Key of the edition (SHA-256)"), f"<code>{published.key.digest}</code>"),
            (("봉인 (SHA-256)", "Sealed checkpoint (SHA-256)"), f"<code>{published.key.checkpoint or '–'}</code>"),
        ]
        yield f"<h2>{_t(('재현과 검증', 'Reproducing and verifying'))}</h2>"
        told = (
            "이 판의 모든 수치는 기록에서 다시 계산할 수 있으며, 그 요약값은 위의 값과 같아야 함.",
            "Every figure of this edition can be computed again from the record; its digest must be the one above.",
        )
        yield f"<p>{_t(told)}</p><p><code>sagwan edition reproduce {self.report.edition}</code></p>"
        yield '<dl class="facts">' + "".join(f"<dt>{_t(name)}</dt><dd>{text}</dd>" for name, text in facts) + "</dl>"

    def linked(self, it: Indicator, figure: Figure | None) -> str:
        if figure is not None and figure.withheld:
            return self.away(figure)
        if figure is None or (figure.value is None and not figure.evidence):
            return "–"
        mark = "*" if figure.missing else ""
        return f'<a href="{escape(self.href(it, figure.by, figure.of))}">{format_figure(figure.value)}{mark}</a>'

    def counted(self, figure: Figure | None) -> str:
        if figure is None:
            return "0"
        return f"{figure.evidence:,}" if figure.evidence is not None else self.away(figure)

    def away(self, figure: Figure) -> str:
        return f'<span class="withheld">{escape(withheld_sign(figure, self.rule))}</span>'

    def href(self, it: Indicator, by: str | None, of: str | None) -> str:
        if self.server is None:
            return f"../evidence/{it.code}.csv"
        query = [("period", self.report.period), ("known", self.report.edition)]
        query += [("where", f"{by}={of}")] if by and of is not None else []
        return f"{self.server}/v1/indicators/{it.code}/evidence?{urlencode(query, quote_via=quote)}"


def _t(name: Name) -> str:
    """Both languages; the page shows one."""
    ko, en = (escape(it) for it in name)
    return ko if ko == en else f'<span lang="ko">{ko}</span><span lang="en">{en}</span>'


def _defined(definition: Mapping[str, Definition], unit_: Name) -> str:
    ko, en = definition["ko"], definition["en"]
    told: list[tuple[Name, Name]] = [
        (("단위", "Unit"), unit_),
        (("포함", "Counts"), (ko.counts, en.counts)),
        (("제외", "Does not count"), (ko.leaves_out, en.leaves_out)),
        (("시점", "By which time"), (ko.timed, en.timed)),
    ]
    lines = (f'<br><span class="soft">{_t(name)}</span> {_t(text)}' for name, text in told)
    return _t((ko.means, en.means)) + "".join(lines)


def _finding(it: dict[str, Any]) -> str:
    """A finding with its four elements and the action agreed, as people wrote them."""
    told = [(name, it[part]) for part, name in ELEMENTS.items() if it[part]]
    lines = "<br>".join(f'<span class="soft">{_t(name)}</span> {escape(text)}' for name, text in told)
    return (
        f"<tr><th>{escape(it['stream'].partition(':')[2])}</th><td>{_t(status_in_words(it['severity']))}</td>"
        f"<td>{_t(status_in_words(it['status']))}</td><td>{lines}</td><td>{it['due_on'] or '–'}</td></tr>"
    )


def _better(it: Indicator) -> str:
    return f'<span class="soft">{_t(BETTER[it.better])}</span>'


def _heads(heads: Sequence[Name], numbers: int, kind: str = "") -> str:
    """The head of a table; columns from `numbers` on hold numbers."""
    cells = "".join(f"<th{' class=number' if n >= numbers else ''}>{_t(head)}</th>" for n, head in enumerate(heads))
    return f'<table class="{kind}"><thead><tr>{cells}</tr></thead><tbody>'
