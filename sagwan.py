"""The command line, and the one place where the parts are wired together."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import pyarrow as pa
import typer
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from api import check_commands, export_commands, formats, person_commands, seal_commands, witness_commands
from api.desk import Desk, Unanswered
from api.options import HERE, Data, Database, Fx, Known, Token, Url, Valid
from api.progress import showing
from journal.folder import Busy
from projections.public import VIEWS
from replay.editions import NoEdition, NotAsPublished
from replay.figures import UnknownVersion
from replay.points import NoRates
from replay.verify import Report
from replay.workbook import NoWriter

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Sagwan (사관): the record of Korea's global R&D strategic hub centres.",
)
token_app = typer.Typer(no_args_is_help=True, help="Credentials: issue, revoke, list.")
app.add_typer(token_app, name="token")
app.add_typer(check_commands.check_app, name="check")
app.add_typer(check_commands.edition_app, name="edition")
app.add_typer(witness_commands.app, name="witness")
app.add_typer(seal_commands.app)
app.add_typer(export_commands.app, name="export")
app.add_typer(person_commands.app, name="person")

out = Console()
err = Console(stderr=True)

Where = Annotated[list[str] | None, typer.Option(help="column=value; may be given several times.")]
Format = Annotated[
    str | None, typer.Option("--format", help="json, ndjson, csv, parquet or arrow; a table without it.")
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write to a file.")]
Suppress = Annotated[int, typer.Option(help="Withhold figures with fewer persons behind them; what is published: 5.")]
OutboxFile = Annotated[Path | None, typer.Option("--outbox", help="Where events wait; by default beside the folder.")]

_WIDEST = 40
T = TypeVar("T")


def main() -> None:
    """Runs a command; whatever it cannot do is said in one sentence, with exit code 1."""
    try:
        app()
    except (
        *(Busy, Unanswered, NoEdition, NotAsPublished, NoRates, UnknownVersion, NoWriter),
        *(FileNotFoundError, FileExistsError, PermissionError, ValueError),
    ) as error:
        _stop(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


def _stop(message: str) -> NoReturn:
    err.print(f"[red]sagwan:[/] {escape(message)}", highlight=False, soft_wrap=True)
    sys.exit(1)


@app.command()
def demo(
    data: Annotated[
        Path | None, typer.Option("--data", help="Keep the folder here; without it a temporary one.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="End when done; without it the server stays up.")] = False,
    seed: Annotated[int, typer.Option(help="Another seed tells another year.")] = 2025,
) -> None:
    """Ten hubs post a simulated year over HTTP; both half-years are checked and published, the first is restated."""
    from api.demo import run

    asyncio.run(run(data, out, seed=seed, once=once))


@app.command()
def serve(
    data: Data = HERE,
    database: Database = None,
    host: Annotated[str, typer.Option(envvar="SAGWAN_HOST")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="SAGWAN_PORT", help="0 takes a free one.")] = 8440,
    origin: Annotated[
        str | None, typer.Option(envvar="SAGWAN_ORIGIN", help="What a new record is called in checkpoints, for ever.")
    ] = None,
) -> None:
    """Serves the record. On an empty one it prints the operator's token, once."""
    asyncio.run(_serve(data, database, host, port, origin))


async def _serve(data: Path, database: str | None, host: str, port: int, origin: str | None) -> None:
    from api.app import serving

    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    try:
        async with serving(data, database, host, port, origin=origin) as (url, token, engine):
            if token:
                print(f"operator token (shown once): {token}", flush=True)
            print(f"serving {url} from position {engine.journal.position}", flush=True)
            await stopped.wait()
    except OSError as error:
        _stop(f"cannot listen on {host}:{port}: {error.strerror or error}")


@token_app.command("issue")
def token_issue(
    role: Annotated[str, typer.Argument(help="hub, analyst, auditor, secretariat or operator")],
    hub: Annotated[str | None, typer.Option(help="The hub of a hub's token.")] = None,
    label: Annotated[str | None, typer.Option(help="What it is for; no name of a person.")] = None,
    persons: Annotated[str, typer.Option(help="Whose persons it opens: none, own (a hub's) or all.")] = "own",
    cross_border: Annotated[
        bool, typer.Option("--cross-border", help="It may read about persons from abroad (PIPA 28-8).")
    ] = False,
    data: Data = HERE,
    url: Url = None,
    token: Token = None,
) -> None:
    """Issues a token and prints it, once."""
    wish: dict[str, Any] = {"role": role, "persons": persons, "cross_border": cross_border}
    wish |= ({"hub": hub} if hub else {}) | ({"label": label} if label else {})
    print(_desk(data, url, token).json("POST", "/v1/tokens", body=wish)["token"])


@token_app.command("revoke")
def token_revoke(id: str, data: Data = HERE, url: Url = None, token: Token = None) -> None:
    """Revokes a credential by its id; its token opens nothing any more."""
    _desk(data, url, token).json("DELETE", f"/v1/tokens/{id}")


@token_app.command("list")
def token_list(data: Data = HERE, url: Url = None, token: Token = None) -> None:
    """Lists credentials, never their tokens."""
    listed = _desk(data, url, token).json("GET", "/v1/tokens")["tokens"]
    _show(pa.Table.from_pylist(listed), "tokens")


@app.command()
def post(file: Path, data: Data = HERE, url: Url = None, token: Token = None, outbox: OutboxFile = None) -> None:
    """Posts CloudEvents from a file (one, an array, or NDJSON) through the outbox."""
    from api import client

    desk = _desk(data, url, token)
    account = asyncio.run(client.post_file(file, outbox or _outbox(data), desk.url, desk.token, console=err))
    _accounted(account)


@app.command("import")
def import_(
    file: Path,
    mapping: Annotated[Path, typer.Option(help="How columns become facts; see docs/mapping.md.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Send nothing; list what would be refused, and what is new.")
    ] = False,
    data: Data = HERE,
    url: Url = None,
    token: Token = None,
    outbox: OutboxFile = None,
) -> None:
    """Imports a spreadsheet (CSV, also gzipped) by a mapping file, through the outbox."""
    from api import client

    desk = _desk(data, url, token)
    if dry_run:
        account = client.dry_run(file, mapping, desk.asked, console=err)
    else:
        account = asyncio.run(
            client.import_file(file, mapping, outbox or _outbox(data), desk.url, desk.token, console=err)
        )
    _accounted(account)


def _outbox(data: Path) -> Path:
    return data.with_name(f"{data.name}-outbox.db")


def _accounted(account: Any) -> None:
    from api.client import report

    out.print(report(account))
    if account.refused:
        sys.exit(1)


@app.command()
def query(
    view: Annotated[
        str, typer.Argument(help="hub_performance, cases, projects, exchanges, audit_trail, irregularities")
    ],
    known: Known = None,
    valid: Valid = None,
    fx: Fx = None,
    where: Where = None,
    format: Format = None,
    output: Output = None,
    data: Data = HERE,
    database: Database = None,
    url: Url = None,
    token: Token = None,
    suppress: Suppress = 0,
) -> None:
    """A view as a table, or in a file."""
    desk = _desk(data, url, token, database)
    _deliver(
        desk.table(f"/v1/views/{view}", known=known, valid=valid, fx=fx, where=where, suppress=str(suppress)),
        view,
        format,
        output,
    )


@app.command()
def replay(
    view: Annotated[str, typer.Argument(help="any view of `sagwan query`")] = "hub_performance",
    known: Known = None,
    valid: Valid = None,
    fx: Fx = None,
    where: Where = None,
    format: Format = None,
    output: Output = None,
    data: Data = HERE,
    database: Database = None,
    url: Url = None,
    token: Token = None,
) -> None:
    """A view as it was: with what was known then, of what had happened then."""
    query(view, known, valid, fx, where, format, output, data, database, url, token)


@app.command()
def indicator(
    code: Annotated[str, typer.Argument(help="such as HD-04; without it all are listed")] = "",
    by: Annotated[str, typer.Option(help="hub, ministry, region, period, field, country; several with commas")] = "",
    period: Annotated[str | None, typer.Option(help="a half-year such as 2025S1")] = None,
    evidence: Annotated[bool, typer.Option("--evidence", help="The events behind it instead of the figure.")] = False,
    known: Known = None,
    valid: Valid = None,
    fx: Fx = None,
    where: Where = None,
    format: Format = None,
    output: Output = None,
    data: Data = HERE,
    database: Database = None,
    url: Url = None,
    token: Token = None,
    suppress: Suppress = 0,
) -> None:
    """A figure, sliced; or the events it was computed from."""
    desk = _desk(data, url, token, database)
    if not code:
        listed = desk.table("/v1/indicators")
        told = ("means", "counts", "leaves_out", "timed")
        names = ["code", "ko", "en", "unit", "better", "version", *(f"{it}_{of}" for of in ("ko", "en") for it in told)]
        _deliver(listed.select(names), "indicators", format, output)
        return
    path = f"/v1/indicators/{code}" + ("/evidence" if evidence else "")
    options: dict[str, Any] = {"period": period} | ({} if evidence else {"by": by, "suppress": str(suppress)})
    table = desk.table(path, known=known, valid=valid, fx=fx, where=where, **options)
    _deliver(table, code, format, output)


@app.command()
def diff(
    a: Annotated[str, typer.Argument(help="a position or an instant")],
    b: Annotated[str, typer.Argument(help="a later one")],
    data: Data = HERE,
    database: Database = None,
    url: Url = None,
    token: Token = None,
) -> None:
    """Which figures changed between two points, and which events did it."""
    from replay import diff as replay_diff

    found = _desk(data, url, token, database).diff(a, b)
    for renderable in replay_diff.report(found):
        out.print(renderable)


@app.command()
def verify(
    data: Data = HERE,
    database: Database = None,
    url: Url = None,
    token: Token = None,
    key: seal_commands.Keys = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option("--checkpoint", "--earlier", help="A checkpoint that you kept; may be given several times."),
    ] = None,
    remote: Annotated[
        str | None, typer.Option(help="A server elsewhere, or the prefix of a log, checked over HTTP instead.")
    ] = None,
    witness: Annotated[
        list[str] | None, typer.Option(help="With --remote: the key of a witness that must have signed.")
    ] = None,
    quorum: Annotated[int | None, typer.Option(help="With --remote: how many of them suffice.")] = None,
) -> None:
    """Reads the journal itself, checks it against its seal, makes the tables anew and compares.

    Exits 1 and names the first wrong place. With --remote it asks nothing but what a server serves to anybody, and
    its events where there is a token: the same check that `verify.py` of an evidence pack makes.
    """
    if remote:
        sys.exit(_remotely(remote, token, key or (), witness or (), quorum, checkpoint or ()))
    with showing() as step:
        report = _desk(data, url, token, database).verify(step, key or (), checkpoint or ())
    sys.exit(_verdict(report))


def _remotely(
    remote: str,
    token: str | None,
    keys: Sequence[str],
    witnesses: Sequence[str],
    quorum: int | None,
    earlier: Sequence[Path],
) -> int:
    from replay.verifier.verify import Check, arguments, run

    words = ["--url", remote]
    for name, values in (("--key", keys), ("--witness", witnesses), ("--earlier", earlier)):
        words += [word for value in values for word in (name, str(value))]
    asked = arguments([*words, *(["--quorum", str(quorum)] if quorum is not None else [])])
    with showing() as step:
        return run(Check(asked, partial(out.print, markup=False, highlight=False, soft_wrap=True), step), token)


def _verdict(report: Report) -> int:
    if not report.differences:
        compared = (
            f"{report.tables} live tables say what it says" if report.tables else "there are no tables to compare"
        )
        out.print(f"[green]whole[/]: {report.entries} entries up to position {report.position}; {compared}")
        if report.seal and report.seal.size:
            more = f"; {report.seal.unsealed} more are not sealed yet" if report.seal.unsealed else ""
            who = " and ".join(sorted({*report.seal.signers}))
            out.print(
                f"[green]sealed[/]: {report.seal.size} entries are those that {who} signed{more}", highlight=False
            )
        else:
            out.print("[yellow]not sealed[/]: nobody signed it yet; a server does")
        return 0
    for it in report.differences[:10]:
        where = f"at position {it.position}: " if it.position is not None else ""
        out.print(f"[red]not whole[/]: {escape(where + it.what)}", highlight=False)
    if len(report.differences) > 10:
        out.print(f"… and {len(report.differences) - 10} more")
    return 1


@app.command()
def redact(
    position: Annotated[int, typer.Argument(help="The entry of which content is destroyed.")],
    field: Annotated[list[str], typer.Option(help="What of it: purpose, or data.purpose in a correction; repeatable.")],
    basis: Annotated[str, typer.Option(help="The law that wants it gone.")],
    reason: Annotated[str | None, typer.Option(help="Why, without saying what.")] = None,
    data: Data = HERE,
    url: Url = None,
    token: Token = None,
) -> None:
    """Destroys content of an entry for ever (파기); the entry, its proofs and every figure stay."""
    from api import cloudevents

    desk = _desk(data, url, token)
    event = {
        "specversion": "1.0",
        "source": "sagwan",
        "id": f"redact/{position}/{'/'.join(sorted(field))}",
        "type": "entry.redacted",
        "subject": desk.json("GET", f"/v1/events/{position}")["entry"]["stream"],
        "data": {"entry": position, "fields": field, "basis": basis} | ({"reason": reason} if reason else {}),
    }
    answer = desk.json("POST", "/v1/events", event, type_=cloudevents.SINGLE)
    out.print(f"{answer['status']} at position {answer['position']}; the content of entry {position} is destroyed")


@app.command()
def rebuild(data: Data = HERE, database: Database = None, url: Url = None, token: Token = None) -> None:
    """Makes a new mirror beside the old one, then swaps; a running server keeps answering meanwhile."""
    with showing() as step:
        position = _desk(data, url, token, database).rebuild(step)
    out.print(f"the tables are made anew, up to position {position}")


def _desk(data: Path, url: str | None, token: str | None, database: str | None = None) -> Desk:
    return Desk.at(data, url, token, database)


def _deliver(table: pa.Table, title: str, format_: str | None, output: Path | None) -> None:
    if format_ is None and output is None:
        _show(table, title)
        return
    format_ = format_ or (output.suffix.lstrip(".") if output else "") or "csv"
    if format_ not in formats.TYPES:
        raise ValueError(f"no format {format_}; there are {', '.join(formats.TYPES)}")
    body = formats.encoded(table, format_)
    if output:
        output.write_bytes(body)
    else:
        sys.stdout.buffer.write(body)


def _show(table: pa.Table, title: str, most: int = 200) -> None:
    """A table in the terminal, numbers to the right; too wide a one in parts that each begin with what names a row."""
    rows = [[_cell(value) for value in row.values()] for row in table.slice(0, most).to_pylist()]
    names = table.column_names
    widths = [min(max(map(cell_len, column)), _WIDEST) + 3 for column in zip(names, *rows, strict=True)]
    keys = [names.index(name) for name in VIEWS.get(title, names[:1])]
    parts: list[list[int]] = [[]]
    for n in (n for n in range(len(names)) if n not in keys):
        if parts[-1] and sum(widths[it] for it in [*keys, *parts[-1], n]) >= out.width:
            parts.append([])
        parts[-1].append(n)
    for part in parts:
        shown = Table(title=title, title_justify="left", header_style="bold")
        columns = sorted([*keys, *part]) if len(parts) == 1 else [*keys, *part]
        for n in columns:
            justify = "right" if _numeric(table.schema.field(n).type) else "left"
            shown.add_column(names[n], justify=justify, overflow="fold")  # type: ignore[arg-type]
        for row in rows:
            shown.add_row(*[Text(row[n]) for n in columns])
        out.print(shown)
    if table.num_rows > most:
        out.print(f"… {table.num_rows - most} more rows; --format csv or -o FILE has them all")


def _numeric(type_: pa.DataType) -> bool:
    return bool(pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_decimal(type_))


def _cell(value: object) -> str:
    match value:
        case None:
            return "·"
        case float():
            return f"{value:,.2f}".rstrip("0").rstrip(".")
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}Z"
        case date():
            return value.isoformat()
        case _:
            return str(value)


if __name__ == "__main__":
    main()
