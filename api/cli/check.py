"""`sagwan check` and `sagwan edition`: the half-year check in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from api.edition_formats import FORMATS
from api.options import HERE, Data, Database, Place, Server, command
from api.progress import showing
from api.reader import RecordReader, parse_edition
from api.reads import catalogue
from api.terminal_language import language, said, tell, why
from api.terminal_lines import headed, out, say
from domain.messages import Invalid, sentence
from domain.period import HalfYear
from domain.words import REPORT, STREAMS, TERMS, VALUES, in_both

check_app = typer.Typer(no_args_is_help=True, help="Half-year checks (반기별 점검): standing, figures, samples.")
edition_app = typer.Typer(no_args_is_help=True, help="Editions (판): publish, list, show, reproduce.")


def _half_year(text: str) -> str:
    try:
        return str(HalfYear.parse(text))
    except ValueError as error:
        raise typer.BadParameter(why(error)) from None


Period = Annotated[str, typer.Argument(help="A half-year such as 2025S1.", callback=_half_year)]
EditionName = Annotated[str, typer.Argument(metavar="EDITION", help="An edition such as 2025S1/1.")]
Json = Annotated[bool, typer.Option("--json", help="The whole answer as JSON.")]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", help="Write its report here: a page (.html), .xlsx, its first page (.hwpx) or .json."
    ),
]


@command(check_app)
def status(period: Period, json: Json = False, *, place: Place) -> None:
    """How far a check is, and what each hub owes by when."""
    it = place.reader.json(catalogue.CHECK, {"period": period})
    if json:
        return _json(it)
    due = [sentence("check.due", day=it["due_on"])] if it["due_on"] else []
    cut = [sentence("check.cut", at=it["valid_cutoff"], position=it["position"])] if it["position"] else []
    say("check.of", period=period, facts=[it["status"], *due, *cut])
    table = headed("hub", "review", "opinion", "owes", "due_on")
    for hub in it["hubs"]:
        review, owes = hub["review"], hub["owes"]
        late = f"[red]{{}}[/] {tell('cell', 'overdue')}"
        table.add_row(
            hub["hub"],
            review["status"],
            review.get("opinion") or "·",
            "\n".join(f"{owed['owes']} {owed['subject']}" for owed in owes) or "·",
            "\n".join(late.format(owed["due_on"]) if owed["overdue"] else owed["due_on"] or "·" for owed in owes),
        )
    out.print(table)
    for name in ("findings", "carried_over"):
        for finding in it[name]:
            due = [sentence("check.due", day=finding["due_on"])] if finding["due_on"] else []
            say("check.finding", name, finding=finding["stream"], facts=[finding["status"], *due])
    if it["withheld"]:
        say("check.withheld", count=it["withheld"])
    if it["proposed_by"]:
        say("check.restatement", "approved" if it["approved"] else "proposed", by=it["proposed_by"])
    for edition in it["editions"]:
        say("check.edition", edition=f"{period}/{edition['number']}", digest=edition["digest"])


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
    say("check.of", period=period, facts=[sentence("check.cut", at=it["valid_cutoff"], position=it["position"])])
    _figures([row for row in it["figures"] if hub or row["by"] is None])
    if it.get("unproven"):
        say("check.unproven", indicators=it["unproven"])
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
    say("check.sample", **{name: it[name] for name in ("size", "of", "position", "seed", "method")})
    typer.echo(" ".join(map(str, it["positions"])))


@command(edition_app, "publish")
def edition_publish(period: Period, *, server: Server) -> None:
    """Publishes the first edition of a closed check, or a restatement that was approved; twice is the same edition."""
    it = server.reader.send("POST", f"/v1/editions/{period}", body={})
    out.print(f"[bold]{it['edition']}[/] {it['digest']}")


@command(edition_app, "list")
def edition_list(*, place: Place) -> None:
    """Every edition, with its cut-off and digest."""
    table = headed("edition", "restates", "cutoff", "position", "published", "superseded_by", "digest")
    for it in place.reader.json(catalogue.EDITIONS)["editions"]:
        table.add_row(
            it["edition"] + (f" ({tell('cell', 'provisional')})" if it["provisional"] else ""),
            it["restates"] or "·",
            it["valid_cutoff"],
            str(it["position"]),
            it["published_at"],
            tell("cell", "withdrawn") if it["withdrawn"] else it["superseded_by"] or "·",
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
        say("done.edition", edition=name, path=output)
        return

    path = {"period": period, "number": number}
    it = msgspec.json.decode(place.reader.file(catalogue.EDITION, path))
    if json:
        return _json(it)
    say("check.of", period=name, facts=[sentence("check.cut", at=it["valid_cutoff"], position=it["position"])])
    if it["restatement"]:
        _restatement(it["restatement"])
    _figures([row for row in it["content"]["figures"] if row["by"] is None])
    if unproven := it.get("legend", {}).get("unproven"):
        say("check.unproven", "legend", legend=unproven[language()])
    _comparisons([row for row in it["comparisons"] if row["hub"] is None])
    for adjustment in it["content"]["adjustments"]:
        for move in adjustment["moves"]:
            if move["by"] is None:
                delta = said(REPORT.withheld) if move.get("withheld") else move["delta"]
                edition = f"{adjustment['period']}/{adjustment['edition']}"
                say("check.adjustment", edition=edition, indicator=move["indicator"], delta=delta)
    for found in it["carried_over"]:
        what = found["action"] or REPORT.no_action
        due = [sentence("check.due", day=found["due_on"])] if found["due_on"] else []
        state = STREAMS.status("finding", found["status"])
        say("check.carried_over", finding=found["finding"], what=what, facts=[state, *due])
    say("check.digest", digest=it["digest"])


@command(edition_app, "reproduce")
def edition_reproduce(name: EditionName, data: Data = HERE, database: Database = None) -> None:
    """Makes an edition again from the record alone, in fresh tables; exits 1 unless it has the digest published."""
    period, number = parse_edition(name)
    with showing() as step:
        made = RecordReader(data, None, None, database).reproduce(period, number, step)
    made_of: dict[str, Any] = {"edition": name, "figures": made.figures, "entries": made.entries}
    say("reproduce", *(() if made.same else ("not",)), style="green" if made.same else "red", **made_of)
    say("reproduce.published", digest=made.published)
    say("reproduce.made", digest=made.made)
    if made.left:
        say("reproduce.left", digest=made.left)
    if made.made_by:
        say("reproduce.made_by", release=made.made_by)
    if made.changed:
        say("reproduce.changed", names=made.changed)
    if made.lost:
        say("reproduce.lost", style="yellow", names=made.lost)
    for it in made.differing:
        facts: dict[str, Any] = {"published": it.published or REPORT.withheld, "made": it.made or REPORT.withheld}
        say("reproduce.figure", "of" if it.by else "", style="red", indicator=it.indicator, by=it.by, of=it.of, **facts)
    if made.sealed is not None:
        say("reproduce.sealed", "" if made.sealed else "not", style="" if made.sealed else "red")
    if not made.same or made.sealed is False:
        raise typer.Exit(1)


def _restatement(it: dict[str, Any]) -> None:
    """Which edition it replaces, why, who said so, and what moved of all hubs together and of each."""
    say("check.line", name=REPORT.restated, what=f"{said(REPORT.restates)} {it['replaces']}")
    say("check.line", name=REPORT.reason, what=in_both(it["reason"], it["reason_en"], said(REPORT.no_reason)))
    for name, what in (
        (REPORT.proposed, "proposed"),
        (REPORT.approved, "approved"),
        (REPORT.published_by, "published"),
    ):
        by, role, at = (it[f"{what}_{part}"] for part in ("by", "as", "at"))
        say("check.line", name=name, what=f"{said(VALUES['role'][role])} {by}, {at}" if by else REPORT.not_recorded)
    if it["figures"] is None:
        why_not = REPORT.never_shown if it["not_compared"] == "never_shown" else REPORT.not_kept
        return out.print(said(why_not.filled(edition=it["replaces"])), soft_wrap=True, markup=False)
    table = headed("indicator", "level", "before", "after", "difference")
    for row in it["figures"]:
        if row["by"] in (None, "hub"):
            values = (_withheld(row, at) if row[f"{at}_withheld"] else row[at] or "·" for at in ("before", "after"))
            table.add_row(row["indicator"], row["of"] or said(REPORT.all), *values, row["delta"] or "·")
    out.print(table)


def _withheld(row: dict[str, Any], at: str) -> str:
    """That a figure is withheld, and by which rule: the legend of the edition says what its sign means."""
    return f"{said(REPORT.withheld)} ({row[f'{at}_sign']})" if row[f"{at}_sign"] else said(REPORT.withheld)


def _figures(rows: list[dict[str, Any]]) -> None:
    columns = ("value", "evidence", "missing")
    money = any(row.get("rate_sets") is not None for row in rows)
    rates = ("earlier_rate", "rate_sets") if money else ()
    table = headed("indicator", "version", "value", "evidence", "missing", *rates)
    for row in rows:
        cells = [
            said(REPORT.withheld) if row.get("withheld") else "·" if row[name] is None else str(row[name])
            for name in columns
        ]
        by = (str(row.get("earlier_rate", "·")), ", ".join(row.get("rate_sets") or ()) or "·") if money else ()
        table.add_row(row["indicator"], str(row["version"]), *cells, *by)
    out.print(table)


def _comparisons(rows: list[dict[str, Any]]) -> None:
    """Figures next to their targets and those of the half-year before."""
    if not rows:
        return
    table = headed("indicator", "better", "value", "target", "attained", "previous", "change", "turned")
    for row in rows:
        values = (row["value"], row["target"], {True: "○", False: "×", None: None}[row["attained"]], row["before"])
        cells = ("·" if it is None else it for it in (*values, row["change"], row["turned"]))
        table.add_row(row["indicator"], said(TERMS.better[row["better"]]), *cells)
    out.print(table)


def _json(value: Any) -> None:
    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
