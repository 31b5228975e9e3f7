"""The command line, and the one place where the parts are wired together."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import msgspec
import pyarrow as pa
import typer
from rich.markup import escape

from api import formats, log_throttle
from api.cli import check, clock, export, person, seal
from api.cli import token as token_commands
from api.cli import witness as witness_commands
from api.cli.options import HERE, Data, Database, Fx, Known, Token, Url, Valid
from api.http.connections import UNKNOWN_OF_AN_ADDRESS
from api.progress import showing
from api.reader import RecordReader, Unanswered
from api.reads import catalogue
from api.terminal_tables import out, show
from api.terminal_text import console
from domain.nearest import UnknownWord
from journal.folder import Busy
from journal.store.recorder import Newer, Unprepared
from replay.as_of import NoRates
from replay.audit.verify import Report
from replay.editions.editions import NoEdition, NotAsPublished
from replay.editions.period_figures import UnknownVersion
from replay.report.workbook import NoWriter

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Sagwan (사관): the record of Korea's global R&D strategic hub centres.",
)
app.add_typer(token_commands.app, name="token")
app.add_typer(check.check_app, name="check")
app.add_typer(check.edition_app, name="edition")
app.add_typer(clock.app, name="clock")
app.add_typer(witness_commands.app, name="witness")
app.add_typer(seal.app)
app.add_typer(export.app, name="export")
app.add_typer(person.app, name="person")

err = console(stderr=True)

Where = Annotated[list[str] | None, typer.Option(help="column=value; may be given several times.")]
Format = Annotated[
    str | None, typer.Option("--format", help="json, ndjson, csv, parquet or arrow; a table without it.")
]
Raw = Annotated[
    bool, typer.Option("--raw", help="CSV for programs: texts as they are, though a spreadsheet may calculate them.")
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write to a file.")]
Suppress = Annotated[int, typer.Option(help="Withhold figures with fewer persons behind them; what is published: 5.")]
OutboxFile = Annotated[Path | None, typer.Option("--outbox", help="Where events wait; by default beside the folder.")]

T = TypeVar("T")


def main() -> None:
    """Runs a command; whatever it cannot do is said in one sentence, with exit code 1."""
    try:
        app()
    except (
        *(Busy, Newer, Unprepared, Unanswered, NoEdition, NotAsPublished, NoRates, UnknownVersion, NoWriter),
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
    unknown: Annotated[
        int,
        typer.Option(
            "--unknown-connections",
            envvar="SAGWAN_UNKNOWN_CONNECTIONS",
            min=0,
            help="Connections of one address before a request with a live token; 0 without limit, behind a proxy.",
        ),
    ] = UNKNOWN_OF_AN_ADDRESS,
) -> None:
    """Serves the record. On an empty one it prints the operator's token, once."""
    asyncio.run(_serve(data, database, host, port, origin, unknown))


async def _serve(data: Path, database: str | None, host: str, port: int, origin: str | None, unknown: int) -> None:
    from api.http.app import serving

    log_throttle.install()
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    try:
        async with serving(data, database, host, port, origin=origin, unknown_of_an_address=unknown) as (
            url,
            token,
            engine,
        ):
            if token:
                print(f"operator token (shown once): {token}", flush=True)
            for path in engine.folder.exposed:
                print(f"others can read {path}, and it is not ours to close: `chmod go-rwx` as its owner", flush=True)
            print(f"serving {url} from position {engine.journal.position}", flush=True)
            if not token and "SAGWAN_TOKEN" not in os.environ:
                where = f"--data {data}{' --database …' if database else ''}"
                print(
                    "tokens were shown when they were issued. No operator's at hand? Stop this server and say"
                    f" `sagwan token issue operator {where}`",
                    flush=True,
                )
            gc.freeze()  # what is loaded stays: to look through it again and again would hold everybody up
            await stopped.wait()
            gc.unfreeze()
    except OSError as error:
        _stop(f"cannot listen on {host}:{port}: {error.strerror or error}")


@app.command()
def post(file: Path, data: Data = HERE, url: Url = None, token: Token = None, outbox: OutboxFile = None) -> None:
    """Posts CloudEvents from a file (one, an array, or NDJSON) through the outbox."""
    from api.hub import client

    reader = RecordReader.at(data, url, token)
    account = asyncio.run(client.post_file(file, outbox or _outbox(data), reader.url, reader.token, console=err))
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
    from api.hub import client

    reader = RecordReader.at(data, url, token)
    if dry_run:
        account = client.dry_run(file, mapping, reader.asked, console=err)
    else:
        account = asyncio.run(
            client.import_file(file, mapping, outbox or _outbox(data), reader.url, reader.token, console=err)
        )
    _accounted(account)


def _outbox(data: Path) -> Path:
    return data.with_name(f"{data.name}-outbox.db")


def _accounted(account: Any) -> None:
    from api.hub.client import report

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
    raw: Raw = False,
) -> None:
    """A view as a table, or in a file."""
    reader = RecordReader.at(data, url, token, database)
    path = {"view": view}
    table = reader.table(
        catalogue.VIEW, path, known=known, valid=valid, fx=fx, where=where, suppress=str(suppress or "")
    )
    _deliver(table, view, format, output, raw)


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
    suppress: Suppress = 0,
    raw: Raw = False,
) -> None:
    """A view as it was: with what was known then, of what had happened then."""
    query(view, known, valid, fx, where, format, output, data, database, url, token, suppress, raw)


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
    raw: Raw = False,
) -> None:
    """A figure, sliced; or the events it was computed from."""
    if not code and (evidence or any((by, period, known, valid, fx, where, suppress))):
        raise ValueError("name an indicator to cut, such as HD-04; without one all are listed and nothing else")
    if evidence and (by or suppress):
        raise ValueError("--evidence lists events; --by and --suppress are of figures, --where and --period of both")
    reader = RecordReader.at(data, url, token, database)
    if not code:
        listed = reader.table(catalogue.INDICATORS)
        told = ("means", "counts", "leaves_out", "timed")
        names = ["code", "ko", "en", "unit", "better", "version", *(f"{it}_{of}" for of in ("ko", "en") for it in told)]
        _deliver(listed.select(names), "indicators", format, output, raw)
        return
    read = catalogue.EVIDENCE if evidence else catalogue.INDICATOR
    cut = {} if evidence else {"by": by, "suppress": str(suppress or "")}
    table = reader.table(read, {"code": code}, known=known, valid=valid, fx=fx, where=where, period=period, **cut)
    _deliver(table, code, format, output, raw)


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
    from replay.audit import diff as replay_diff

    found = RecordReader.at(data, url, token, database).json(catalogue.DIFF, a=a, b=b)
    for renderable in replay_diff.report(msgspec.convert(found, replay_diff.Diff)):
        out.print(renderable)


@app.command()
def verify(
    data: Data = HERE,
    database: Database = None,
    url: Url = None,
    token: Token = None,
    key: seal.Keys = None,
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
    earlier = {str(path): seal.kept(path) for path in checkpoint or ()}
    with showing() as step:
        report = RecordReader.at(data, url, token, database).verify(step, key or (), earlier)
    sys.exit(_verdict(report))


def _remotely(
    remote: str,
    token: str | None,
    keys: Sequence[str],
    witnesses: Sequence[str],
    quorum: int | None,
    earlier: Sequence[Path],
) -> int:
    from replay.pack.verifier.verify import Check, arguments, run

    words = ["--url", remote]
    for name, values in (("--key", keys), ("--witness", witnesses), ("--earlier", earlier)):
        words += [word for value in values for word in (name, str(value))]
    asked = arguments([*words, *(["--quorum", str(quorum)] if quorum is not None else [])])
    with showing() as step:
        return run(Check(asked, partial(out.print, markup=False, highlight=False, soft_wrap=True), step), token)


def _verdict(report: Report) -> int:
    if report.ahead:
        told = "the last entry says that it was recorded at"
        out.print(f"[yellow]ahead of this clock[/]: {told} {report.ahead:%Y-%m-%d %H:%M:%S} UTC", highlight=False)
    for told in report.restarted:
        out.print(f"[yellow]signed anew[/] {escape(told)}", highlight=False)
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
    if report.unkept:
        out.print(f"[yellow]nothing is kept of[/] {', '.join(report.unkept)}", highlight=False)
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

    reader = RecordReader.at(data, url, token)
    event = {
        "specversion": "1.0",
        "source": "redact",
        "id": f"redact/{position}/{'/'.join(sorted(field))}",
        "type": "entry.redacted",
        "subject": reader.json(catalogue.EVENT, {"position": position})["entry"]["stream"],
        "data": {"entry": position, "fields": field, "basis": basis} | ({"reason": reason} if reason else {}),
    }
    answer = reader.send("POST", "/v1/events", event, type_=cloudevents.SINGLE)
    out.print(f"{answer['status']} at position {answer['position']}; the content of entry {position} is destroyed")


@app.command()
def rebuild(data: Data = HERE, database: Database = None, url: Url = None, token: Token = None) -> None:
    """Makes a new mirror beside the old one, then swaps; a running server keeps answering meanwhile."""
    with showing() as step:
        position = RecordReader.at(data, url, token, database).rebuild(step)
    out.print(f"the tables are made anew, up to position {position}")


def _deliver(table: pa.Table, title: str, format_: str | None, output: Path | None, raw: bool) -> None:
    if withheld := (table.schema.metadata or {}).get(b"withheld"):
        err.print(f"{withheld.decode()} rows are withheld from this credential")
    if format_ is None and output is None:
        show(table, title)
        return
    format_ = format_ or (output.suffix.lstrip(".") if output else "") or "csv"
    if format_ not in formats.TYPES:
        raise UnknownWord(f"no format {format_}", format_, formats.TYPES)
    body = formats.encoded(table, format_, raw=raw)
    if output:
        output.write_bytes(body)
    else:
        sys.stdout.buffer.write(body)


if __name__ == "__main__":
    main()
