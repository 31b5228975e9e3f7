"""The command line, wired together."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from importlib import metadata
from typing import Annotated

import typer
from rich.markup import escape

from projections.definition_files import BadDefinition

try:
    from projections import definitions as definitions  # read first: a wrong file is no fault of what rests on it
except BadDefinition as wrong:
    sys.exit(f"sagwan: {wrong}")

from api.cli import check, clock, export, person, read, record, seal, serve, token
from api.demo import command as demo
from api.hub import commands as hub
from api.options import command
from api.reader import Unanswered
from api.terminal_text import console
from api.witness import commands as witness
from journal.folder import Busy
from journal.store.recorder import Newer, Unprepared
from replay.as_of import NoRates
from replay.editions.editions import NoEdition, NotAsPublished
from replay.editions.period_figures import UnknownVersion
from replay.report.workbook import NoWriter

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
COMMANDS: dict[str, Callable[..., None]] = {
    "demo": demo.demo,
    "serve": serve.serve,
    "post": hub.post,
    "import": hub.import_,
    "query": read.query,
    "replay": read.replay,
    "indicator": read.indicator,
    "diff": read.diff,
    "verify": record.verify,
    "redact": record.redact,
    "rebuild": record.rebuild,
}


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sagwan {metadata.version('sagwan')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and end.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Sagwan (사관): the record of Korea's global R&D strategic hub centres."""


for name, function in COMMANDS.items():
    command(app, name)(function)
app.add_typer(token.app, name="token")
app.add_typer(check.check_app, name="check")
app.add_typer(check.edition_app, name="edition")
app.add_typer(clock.app, name="clock")
app.add_typer(witness.app, name="witness")
app.add_typer(seal.app)
app.add_typer(export.app, name="export")
app.add_typer(person.app, name="person")

err = console(stderr=True)


@cache
def _command() -> Callable[[], None]:
    return typer.main.get_command(app)


def main() -> None:
    """Runs a command; whatever it cannot do is said in one sentence, with exit code 1."""
    try:
        _command()()
    except (
        *(Busy, Newer, Unprepared, Unanswered, NoEdition, NotAsPublished, NoRates, UnknownVersion, NoWriter),
        *(FileNotFoundError, FileExistsError, PermissionError, ValueError),
    ) as error:
        err.print(f"[red]sagwan:[/] {escape(str(error))}", soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
