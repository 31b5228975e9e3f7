"""The command line, wired together. A command is imported when it is run: to list them all needs none of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module, metadata
from typing import Annotated, Any

import typer
from rich.markup import escape
from typer.core import TyperGroup

from api.options import command
from api.terminal_help import speak
from api.terminal_language import choose_language, why
from api.terminal_text import console
from domain.messages import Invalid, Message, reason
from domain.nearest import UnknownWord
from domain.phrase import LANGUAGES

COMMANDS = {
    "demo": (
        "api.demo.command:demo",
        "Ten hubs post a simulated year over HTTP; both half-years are checked and published, the first is restated.",
    ),
    "serve": ("api.cli.serve:serve", "Serves the record. On an empty one it prints the operator's token, once."),
    "post": (
        "api.hub.commands:post",
        "Posts CloudEvents from a file (one, an array, or NDJSON) through the outbox.",
    ),
    "import": (
        "api.hub.commands:import_",
        "Imports a spreadsheet (CSV, also gzipped) by a mapping file, through the outbox.",
    ),
    "query": ("api.cli.read:query", "A view as a table, or in a file."),
    "events": (
        "api.cli.events:events",
        "Entries of the record as they stand in it, corrections and voids too.",
    ),
    "replay": ("api.cli.read:replay", "A view as it was: with what was known then, of what had happened then."),
    "indicator": ("api.cli.read:indicator", "A figure, sliced; or the events it was computed from."),
    "diff": ("api.cli.read:diff", "Which figures changed between two points, and which events did it."),
    "verify": (
        "api.cli.record:verify",
        "Reads the journal itself, checks it against its seal, makes the tables anew and compares.",
    ),
    "redact": (
        "api.cli.record:redact",
        "Destroys content of an entry for ever (파기); the entry, its proofs and every figure stay.",
    ),
    "rebuild": (
        "api.cli.record:rebuild",
        "Makes a new mirror beside the old one, then swaps; a running server keeps answering meanwhile.",
    ),
    "token": ("api.cli.token:app", "Credentials: issue, rotate, revoke, list."),
    "check": ("api.cli.check:check_app", "Half-year checks (반기별 점검): standing, figures, samples."),
    "edition": ("api.cli.check:edition_app", "Editions (판): publish, list, show, reproduce."),
    "clock": ("api.cli.clock:app", "The clock that the record goes by."),
    "witness": (
        "api.witness.commands:app",
        "Stand by other records (keygen, trust, serve); choose one's own (add).",
    ),
    "keygen": (
        "api.cli.seal:keygen",
        "Makes the key that the record is sealed with, readable by its owner only. Prints the public key to hand out.",
    ),
    "reseal": (
        "api.cli.seal:reseal",
        "Signs a record anew whose key, or what was signed last, is lost. No server may run.",
    ),
    "proof": (
        "api.cli.seal:proof",
        "Writes the proof that an event is in the sealed record (C2SP tlog-proof); or checks one.",
    ),
    "move": (
        "api.cli.seal:move",
        "Copies the record to another database, at the same positions; the seal stays valid. No server may run.",
    ),
    "export": ("api.cli.export:app", "The record in files: evidence packs."),
    "evidence": ("api.hub.evidence:app", "Files of evidence items (증빙). See docs/evidence.md."),
    "person": ("api.cli.person:app", "The vault: people behind pseudonyms. See docs/personal-data.md."),
}
"""Where each command, or group of them, is defined, and its line in the list of all: what its own help begins with."""


@cache
def loaded(name: str) -> Any:
    """A command that can be run."""
    module, _, attribute = COMMANDS[name][0].partition(":")
    defined = getattr(import_module(module), attribute)
    alone = typer.Typer()
    if isinstance(defined, typer.Typer):
        alone.add_typer(defined, name=name)
    else:
        command(alone, name)(defined)
    return typer.main.get_group(alone).commands[name]


class _Commands(TyperGroup):
    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, found, rest = super().resolve_command(ctx, args)
        if not name:
            return name, found, rest
        speak(command := loaded(name))
        return name, command, rest

    def format_help(self, ctx: Any, formatter: Any) -> None:
        speak(self)
        super().format_help(ctx, formatter)


app = typer.Typer(cls=_Commands, no_args_is_help=True, pretty_exceptions_enable=False)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sagwan {metadata.version('sagwan')}")
        raise typer.Exit


def _language(wanted: str | None) -> None:
    if wanted is None:
        return
    if wanted not in LANGUAGES:
        raise UnknownWord("language", wanted, LANGUAGES)
    choose_language(wanted)


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and end.", callback=_version, is_eager=True)
    ] = False,
    lang: Annotated[
        str | None,
        typer.Option("--lang", help="ko or en; by default that of the environment.", callback=_language, is_eager=True),
    ] = None,
) -> None:
    """Sagwan (사관): the record of Korea's global R&D strategic hub centres."""


for _name, (_, _help) in COMMANDS.items():
    app.command(_name, help=_help)(lambda: None)

err = console(stderr=True)


TOLD = (FileNotFoundError, FileExistsError, PermissionError, ValueError, Message)


@cache
def _command() -> Callable[[], None]:
    return typer.main.get_command(app)


def main() -> None:
    """Runs a command; whatever it cannot do is said in one sentence, with exit code 1."""
    try:
        _command()()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if not isinstance(error, TOLD) and not _of_the_database(error):
            raise
        told = error if isinstance(error, TOLD) else Invalid("command.database", because=reason(error))
        err.print(f"[red]sagwan:[/] {escape(why(told))}", soft_wrap=True)
        sys.exit(1)


def _of_the_database(error: Exception) -> bool:
    from journal.store.failures import of_the_database

    return of_the_database(error)


if __name__ == "__main__":
    main()
