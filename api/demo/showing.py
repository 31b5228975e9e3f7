"""What a demo shows in the terminal: headings, acts on their days, figures, and bars for what takes long."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from shlex import quote
from typing import Any, Protocol

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.demo.course import STORY
from api.progress import bars
from api.terminal_language import language, said, tell
from domain.messages import sentence
from domain.period import SEOUL
from domain.phrase import Phrase
from domain.words import TERMS
from projections.definitions import INDICATORS
from replay.report.numbers import format_change, format_figure

Rows = list[dict[str, Any]]

WHY = {"LATE": "late", "CORRECTED": "corrected", "VOIDED": "voided"}


class Update(Protocol):
    def __call__(self, *, advance: float | None = None, description: str | None = None) -> None: ...


@contextlib.contextmanager
def bar(out: Console, what: str, total: int | None = None) -> Iterator[Update]:
    """A bar while something is done (`demo.bar`), gone when it is; without a total it only shows that it goes on."""
    with bars(out, counted=total is not None) as progress:
        yield partial(progress.update, progress.add_task(tell("demo.bar", what), total=total))


def chapter(out: Console, number: int, which: str) -> None:
    out.print()
    out.rule(Text(f"{number}  {tell('demo.chapter', which)}", style="bold"), align="left", style="dim")


def dated_act(out: Console, moment: datetime, act: str, which: str = "", **facts: object) -> None:
    """What was done on a day in Seoul: the act, and a sentence on it (`demo.told`), by default by the act's name."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    for width in (10, 19, None):
        grid.add_column(width=width, overflow="fold")
    grid.add_row(
        f"[dim]{moment.astimezone(SEOUL):%Y-%m-%d}[/]",
        tell("demo.act", act),
        Text(tell("demo.told", which or act, **facts)),
    )
    out.print(grid)


def short(digest: str) -> str:
    return f"{digest[:12]}…"


def performance_table(edition: Any) -> Table:
    """거점별 실적: the figures of every hub and of all together, as an edition has them."""
    table = _table(tell("demo.table", "performance", edition=edition["edition"]), tell("head", "hub"))
    for code in STORY.shown:
        table.add_column(code, justify="right", no_wrap=True)
    found = {
        (it["indicator"], it["by"], it["of"]): _in_words(edition, it, brief=True)
        for it in edition["content"]["figures"]
    }
    hubs = sorted({of for _, by, of in found if by == "hub" and of})
    for hub in hubs:
        table.add_row(hub, *(found.get((code, "hub", hub), "–") for code in STORY.shown))
    table.add_section()
    table.add_row(tell("head", "all"), *(found.get((code, None, None), "–") for code in STORY.shown))
    return table


def performance_legend(edition: Any) -> Table:
    """What the columns of the performance table are, and the sign of a figure that is withheld."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    for it in (INDICATORS[code] for code in STORY.shown):
        grid.add_row(f"[dim]{it.code}[/]", said(Phrase(it.ko, it.en)), f"[dim]{said(TERMS.units[it.unit])}[/]")
    for it in (edition["legend"], edition["legend"]["secondary"]):
        grid.add_row(f"[dim]{it['sign']}[/]", it[language()])
    return grid


def came_late(out: Console, register: Any, edition: Any, most: int = 8) -> None:
    """The late register in a line, and its weightiest lines: those that move a figure by the largest share of it.

    What moves only the figures about the record itself (GV) weighs nothing.
    """
    figures = _totals(edition)

    def weight(moved: tuple[str, str]) -> Decimal:
        code, amount = moved
        was = Decimal((figures.get(code) or {}).get("value") or 0)
        return Decimal(0) if code.startswith("GV") else abs(Decimal(amount) / was) if was else Decimal(1)

    def weights(entry: Any) -> list[Decimal]:
        return sorted(map(weight, entry["moves"].items()), reverse=True)

    kinds = Counter(it["why"] for it in register["entries"])
    counts = [sentence("demo.count", what=_why(why), count=count) for why, count in kinds.most_common()]
    moved = sum(it["move"]["by"] is None for it in register["moves"])
    out.print(tell("demo.late", known=f"{register['known']:,}", kinds=counts, moved=moved))
    heads = (tell("head", it) for it in ("position", "recorded", "hub", "why", "what", "moves"))
    table = _table(tell("demo.table", "late"), *heads)
    for column in table.columns[:-1]:
        column.no_wrap = True
    for it in sorted(register["entries"], key=weights, reverse=True)[:most]:
        moves = sorted(it["moves"].items(), key=weight, reverse=True)
        amounts = [f"{code} {_delta(amount)}" for code, amount in moves if weight((code, amount))]
        recorded = datetime.fromisoformat(it["recorded_at"]).astimezone(SEOUL)
        why, what = said(_why(it["why"])), it["type"]
        table.add_row(f"{it['position']:,}", f"{recorded:%m-%d}", it["hub"], why, what, ", ".join(amounts))
    out.print(table)


def _why(code: str) -> Phrase:
    return sentence("demo.why", WHY[code])


def adjusted(out: Console, moment: datetime, edition: Any) -> None:
    """전기조정: by how much figures of all hubs together of an earlier half-year moved, a line for each edition."""
    for it in edition["content"]["adjustments"]:
        of_all = [move for move in it["moves"] if move["by"] is None]
        moved = [f"{move['indicator']} {_delta(move['delta'])}" for move in of_all if not move.get("withheld")]
        untold = [move["indicator"] for move in of_all if move.get("withheld")]
        name = f"{it['period']}/{it['edition']}"
        dated_act(out, moment, "adjusted", edition=name, count=len(it["moves"]), moved=moved)
        if untold:
            dated_act(out, moment, "adjusted", "adjusted_withheld", indicators=untold)


def edition_comparison(old: Any, new: Any) -> Table:
    """The figures of all hubs together that two editions do not agree on, side by side."""
    table = _table(tell("demo.table", "moved"), "", tell("head", "indicator"))
    for heading in (old["edition"], new["edition"], tell("head", "difference")):
        table.add_column(heading, justify="right", no_wrap=True)
    of_old, of_new = _totals(old), _totals(new)
    for code, figure in of_new.items():
        before, after = (of_old.get(code) or {}).get("value"), figure["value"]
        if before != after:
            it = INDICATORS[code]
            delta = None if before is None or after is None else str(Decimal(after) - Decimal(before))
            values = (_in_words(edition, figures.get(code)) for edition, figures in ((old, of_old), (new, of_new)))
            table.add_row(code, said(Phrase(it.ko, it.en)), *values, _delta(delta))
    return table


GLANCED = ("links", "network", "hubs", "expansion_deals", "planned", "irregularities")
"""The views that the few lines on the programme are from."""


def at_a_glance(out: Console, links: Rows, network: Rows, hubs: Rows, deals: Rows, planned: Rows, found: Rows) -> None:
    """What the views `GLANCED` say: who works with whom, what rests, what is in foreign money, what is still to come,
    and what departs from the rules.
    """
    standing = Counter(it["status"] for it in links)
    closest = max(network, key=lambda it: (it["weight"], it["centre"]))
    paid: Counter[str] = Counter()
    for it in deals:
        paid[it["currency"]] += Decimal(it["amount"])  # type: ignore[assignment]
    rested = Counter(it["hub"] for it in found if it["code"] == "hub.work_on_suspended")
    comes = [f"{_day(it['effective_at'])} {it['type']} {it['stream'].partition(':')[2]}" for it in planned]
    near = {"one": closest["centre"], "other": closest["other"], "weight": closest["weight"]}
    worked = [sentence("demo.rested", hub=hub, count=count) for hub, count in rested.items()]
    sums = [f"{amount:,.0f} {currency}" for currency, amount in sorted(paid.items())]
    bare = sum(not it["evidenced"] for it in deals)
    facts = {
        "links": tell("demo.links", count=len(links), standing=_counted(standing), **near),
        "hubs": tell("demo.hubs", standing=_counted(Counter(it["status"] for it in hubs)), rested=worked),
        "deals": tell("demo.deals", count=len(deals), bare=bare, paid=sums),
        "planned": tell("demo.planned", count=len(planned), comes=comes[:3]),
        "irregular": _counted(Counter(it["code"] for it in found)),
    }
    grid = Table.grid(padding=(0, 2, 0, 0))
    for what, text in facts.items():
        grid.add_row(tell("demo.glance", what), text)
    out.print(grid)


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{what} {count}" for what, count in counts.most_common())


def _day(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(SEOUL):%Y-%m-%d}"


def _totals(edition: Any) -> dict[str, Any]:
    return {it["indicator"]: it for it in edition["content"]["figures"] if it["by"] is None}


def _in_words(edition: Any, figure: Any, *, brief: bool = False) -> str:
    """A figure, or the sign of one that is withheld."""
    if figure is not None and figure.get("withheld"):
        signs = edition["legend"]
        return str((signs["secondary"] if figure.get("secondary") else signs)["sign"])
    value = figure and figure["value"]
    short_ = brief and value is not None and abs(Decimal(value)) >= 100
    return format_figure(value, 0 if short_ else 1 if brief else 2)


def _table(title: str, *columns: str) -> Table:
    table = Table(
        title=f"\n{title}",
        title_justify="left",
        title_style="bold",
        header_style="dim",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        show_edge=False,
    )
    for name in columns:
        table.add_column(name, overflow="fold")
    return table


def where_to_look(out: Console, folder: Path, token: str | None) -> None:
    """Commands on the demo's folder; `token` where its server is still up."""
    chapter(out, 8, "more")
    if token:
        out.print(f"export SAGWAN_TOKEN={token}", soft_wrap=True)
    for command, what in STORY.where_to_look.items():
        out.print(f"[dim]# {said(what)}[/]")
        out.print(f"sagwan {command} --data {quote(str(folder))}", soft_wrap=True)


def _delta(value: str | None) -> str:
    """A signed amount; one that two decimals do not show is about nothing."""
    return format_change(value) if value is None or abs(Decimal(value)) >= Decimal("0.005") else "≈0"
