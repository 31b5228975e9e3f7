"""`sagwan check` and `sagwan edition`: the half-year check in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.table import Table

from api.edition_formats import FORMATS
from api.options import HERE, Data, Database, Place, Server, command
from api.progress import showing
from api.reader import RecordReader, parse_edition
from api.reads import catalogue
from api.terminal_text import console
from domain.messages import Invalid
from domain.period import HalfYear
from domain.words import REPORT, STREAMS, TERMS, VALUES, Phrase

check_app = typer.Typer(no_args_is_help=True, help="Half-year checks (반기별 점검): standing, figures, samples.")
edition_app = typer.Typer(no_args_is_help=True, help="Editions (판): publish, list, show, reproduce.")

out = console()


def _half_year(text: str) -> str:
    try:
        return str(HalfYear.parse(text))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


Period = Annotated[str, typer.Argument(help="A half-year such as 2025S1.", callback=_half_year)]
EditionName = Annotated[str, typer.Argument(metavar="EDITION", help="An edition such as 2025S1/1.")]
Json = Annotated[bool, typer.Option("--json", help="The whole answer as JSON.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write its report here: a page (.html), .xlsx or .json.")
]


@command(check_app)
def status(period: Period, json: Json = False, *, place: Place) -> None:
    """How far a check is, and what each hub owes by when."""
    it = place.reader.json(catalogue.CHECK, {"period": period})
    if json:
        return _json(it)
    cut = f", cut off at {it['valid_cutoff']} and position {it['position']}" if it["position"] else ""
    due = f", due on {it['due_on']}" if it["due_on"] else ""
    out.print(f"[bold]{period}[/] {it['status']}{due}{cut}")
    table = _table("hub", "review", "opinion", "owes", "due on")
    for hub in it["hubs"]:
        review, owes = hub["review"], hub["owes"]
        late = "[red]{}[/] overdue"
        table.add_row(
            hub["hub"],
            review["status"],
            review.get("opinion") or "·",
            "\n".join(f"{owed['owes']} {owed['subject']}" for owed in owes) or "·",
            "\n".join(late.format(owed["due_on"]) if owed["overdue"] else owed["due_on"] or "·" for owed in owes),
        )
    out.print(table)
    for name, findings in (("findings", it["findings"]), ("carried over", it["carried_over"])):
        for finding in findings:
            due = f", due on {finding['due_on']}" if finding["due_on"] else ""
            out.print(f"{name}: {finding['stream']} {finding['status']}{due}")
    if it["withheld"]:
        out.print(f"{it['withheld']} findings of other hubs are withheld from this credential")
    if it["proposed_by"]:
        out.print(f"a restatement is {'approved' if it['approved'] else 'proposed'} (by {it['proposed_by']})")
    for edition in it["editions"]:
        out.print(f"edition {period}/{edition['number']} {edition['digest']}")


@command(check_app)
def figures(
    period: Period,
    hub: Annotated[str | None, typer.Option(help="Only what this hub hands in, with its digest.")] = None,
    json: Json = False,
    *,
    place: Place,
) -> None:
    """The figures as of the cut-off, computed; with --hub the digest that the hub submits."""
    it = place.reader.json(catalogue.CHECK_FIGURES, {"period": period}, hub=hub)
    if json:
        return _json(it)
    out.print(f"[bold]{period}[/] cut off at {it['valid_cutoff']} and position {it['position']}")
    _figures([row for row in it["figures"] if hub or row["by"] is None])
    if it.get("unproven"):
        out.print(f"not proven: of {', '.join(it['unproven'])} an edition would tell something about few persons")
    for name, digest in ({hub: it["digest"]} if hub else it["hubs"]).items():
        if digest:
            out.print(f"{name} {digest}")


@command(check_app)
def sample(
    population: Annotated[str, typer.Argument(help="A query of positions: SELECT position FROM effective WHERE …")],
    seed: Annotated[str, typer.Option(help="Any word; another seed draws another sample.")],
    size: Annotated[int, typer.Option(help="How many.")] = 25,
    position: Annotated[int | None, typer.Option(help="As known at this position; by default now.")] = None,
    json: Json = False,
    *,
    place: Place,
) -> None:
    """Draws a sample, or draws one again: the same query, position, seed and size give the same positions."""
    at = str(position) if position is not None else None
    it = place.reader.json(catalogue.SAMPLE, population=population, seed=seed, size=str(size), position=at)
    if json:
        return _json(it)
    out.print(
        f"{it['size']} of {it['of']} at position {it['position']}, seed {it['seed']}, {it['method']}", markup=False
    )
    typer.echo(" ".join(map(str, it["positions"])))


@command(edition_app, "publish")
def edition_publish(period: Period, *, server: Server) -> None:
    """Publishes the first edition of a closed check, or a restatement that was approved; twice is the same edition."""
    it = server.reader.send("POST", f"/v1/editions/{period}", body={})
    out.print(f"[bold]{it['edition']}[/] {it['digest']}")


@command(edition_app, "list")
def edition_list(*, place: Place) -> None:
    """Every edition, with its cut-off and digest."""
    table = _table("edition", "restates", "cut-off", "position", "published", "superseded by", "digest")
    for it in place.reader.json(catalogue.EDITIONS)["editions"]:
        table.add_row(
            it["edition"] + (" (provisional)" if it["provisional"] else ""),
            it["restates"] or "·",
            it["valid_cutoff"],
            str(it["position"]),
            it["published_at"],
            "withdrawn" if it["withdrawn"] else it["superseded_by"] or "·",
            it["digest"],
        )
    out.print(table)


@command(edition_app, "show")
def edition_show(name: EditionName, json: Json = False, output: Output = None, *, place: Place) -> None:
    """An edition, computed from its key and measured against its digest."""
    period, number = parse_edition(name)
    if output:
        if (format_ := output.suffix.lstrip(".")) not in FORMATS:
            raise Invalid("command.edition_format", "asked" if format_ else "", there=[*FORMATS], asked=format_)
        path = {"period": period, "number": number, "format": format_}
        output.write_bytes(place.reader.file(catalogue.EDITION_FILE, path))
        out.print(f"{name} is in {output}", soft_wrap=True)
        return

    path = {"period": period, "number": number}
    it = msgspec.json.decode(place.reader.file(catalogue.EDITION, path))
    if json:
        return _json(it)
    out.print(f"[bold]{name}[/] cut off at {it['valid_cutoff']} and position {it['position']}")
    if it["restatement"]:
        _restatement(it["restatement"])
    _figures([row for row in it["content"]["figures"] if row["by"] is None])
    if unproven := it.get("legend", {}).get("unproven"):
        out.print(f"not proven: {unproven['en']}")
    _comparisons([row for row in it["comparisons"] if row["hub"] is None])
    for adjustment in it["content"]["adjustments"]:
        for move in adjustment["moves"]:
            if move["by"] is None:
                delta = "withheld" if move.get("withheld") else move["delta"]
                out.print(f"전기조정 {adjustment['period']}/{adjustment['edition']} {move['indicator']} {delta}")
    for found in it["carried_over"]:
        what = found["action"] or " / ".join(REPORT.no_action)
        due = f", {REPORT.due.ko} / due on {found['due_on']}" if found["due_on"] else ""
        state = " / ".join(STREAMS.status("finding", found["status"]))
        out.print(
            f"{_both(REPORT.carried_over)} {found['finding']}: {what} ({state}{due})", markup=False, soft_wrap=True
        )
    out.print(f"digest {it['digest']}")


@command(edition_app, "reproduce")
def edition_reproduce(name: EditionName, data: Data = HERE, database: Database = None) -> None:
    """Makes an edition again from the record alone, in fresh tables; exits 1 unless it has the digest published."""
    period, number = parse_edition(name)
    with showing() as step:
        made = RecordReader(data, None, None, database).reproduce(period, number, step)
    verdict = "[green]reproduced[/]" if made.same else "[red]not reproduced[/]"
    out.print(f"{verdict}: {name}, {made.figures} figures from {made.entries} entries")
    out.print(f"published {made.published}\nmade      {made.made}")
    if made.left:
        out.print(f"left      {made.left}: words in it were destroyed by law")
    if made.made_by:
        out.print(f"it was made by {made.made_by}")
    if made.changed:
        out.print(f"SQL that was mended since: {', '.join(made.changed)}", soft_wrap=True)
    if made.lost:
        out.print(
            f"[yellow]this release does not hold the text of then of {', '.join(made.lost)}; today's was used[/]",
            soft_wrap=True,
        )
    for it in made.differing:
        of = f" of {it.by} {it.of or 'none'}" if it.by else ""
        out.print(f"[red]{it.indicator}{of}: published {it.published or 'withheld'}, made {it.made or 'withheld'}[/]")
    if made.sealed is not None:
        out.print(
            "its checkpoint is in the sealed tree" if made.sealed else "[red]its checkpoint is not in the tree[/]"
        )
    if not made.same or made.sealed is False:
        raise typer.Exit(1)


def _restatement(it: dict[str, Any]) -> None:
    """Which edition it replaces, why, who said so, and what moved of all hubs together and of each."""
    out.print(f"{_both(REPORT.restated)}: {_both(REPORT.restates)} {it['replaces']}")
    reason = " / ".join(filter(None, (it["reason"], it["reason_en"]))) or " / ".join(REPORT.no_reason)
    out.print(f"{_both(REPORT.reason)}: {reason}", markup=False, soft_wrap=True)
    for name, what in (
        (REPORT.proposed, "proposed"),
        (REPORT.approved, "approved"),
        (REPORT.published_by, "published"),
    ):
        by, role, at = (it[f"{what}_{part}"] for part in ("by", "as", "at"))
        who = f"{_both(VALUES['role'][role])} {by}, {at}" if by else " / ".join(REPORT.not_recorded)
        out.print(f"{_both(name)}: {who}", markup=False)
    if it["figures"] is None:
        said = REPORT.never_shown if it["not_compared"] == "never_shown" else REPORT.not_kept
        return out.print(" / ".join(said.filled(edition=it["replaces"])), soft_wrap=True)
    heads = (REPORT.indicator, REPORT.level, REPORT.before, REPORT.after, REPORT.difference)
    table = _table(*map(_both, heads))
    for row in it["figures"]:
        if row["by"] in (None, "hub"):
            told = (_withheld(row, at) if row[f"{at}_withheld"] else row[at] or "·" for at in ("before", "after"))
            table.add_row(row["indicator"], row["of"] or _both(REPORT.all), *told, row["delta"] or "·")
    out.print(table)


def _withheld(row: dict[str, Any], at: str) -> str:
    """That a figure is withheld, and by which rule: the legend of the edition says what its sign means."""
    return f"{_both(REPORT.withheld)} ({row[f'{at}_sign']})" if row[f"{at}_sign"] else _both(REPORT.withheld)


def _both(name: Phrase) -> str:
    return f"{name.ko} {name.en}"


def _figures(rows: list[dict[str, Any]]) -> None:
    told = ("value", "evidence", "missing")
    money = any(row.get("rate_sets") is not None for row in rows)
    rates = ("at an earlier rate", "rate sets") if money else ()
    table = _table("indicator", "version", "value", "entries behind it", "without an amount", *rates)
    for row in rows:
        cells = ["withheld" if row.get("withheld") else "·" if row[name] is None else str(row[name]) for name in told]
        by = (str(row.get("earlier_rate", "·")), ", ".join(row.get("rate_sets") or ()) or "·") if money else ()
        table.add_row(row["indicator"], str(row["version"]), *cells, *by)
    out.print(table)


def _comparisons(rows: list[dict[str, Any]]) -> None:
    """Figures beside their targets and those of the half-year before."""
    if not rows:
        return
    table = _table("indicator", "better", "value", "target", "attained", "half-year before", "change", "turned")
    for row in rows:
        told = (row["value"], row["target"], {True: "○", False: "×", None: None}[row["attained"]], row["before"])
        cells = ("·" if it is None else it for it in (*told, row["change"], row["turned"]))
        table.add_row(row["indicator"], TERMS.better[row["better"]].en, *cells)
    out.print(table)


def _table(*columns: str) -> Table:
    table = Table(header_style="bold")
    for name in columns:
        table.add_column(name, overflow="fold")
    return table


def _json(value: Any) -> None:
    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
