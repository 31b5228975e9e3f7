"""`sagwan person …`: the vault from the command line. What is personal is read from a file and shown, never logged."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from api.options import HERE, Data, Server, command
from api.terminal_language import tell
from api.terminal_lines import headed, out, say
from domain.messages import Invalid
from journal.folder import Folder
from journal.vault import master_key

if TYPE_CHECKING:
    from api.reader import RecordReader

app = typer.Typer(no_args_is_help=True, help="The vault: people behind pseudonyms. See docs/personal-data.md.")
Pseudonym = Annotated[str, typer.Argument(help="such as p-5f0c…")]


@command(app)
def keygen(data: Data = HERE) -> None:
    """Makes the master key of a new vault, in the data folder. Keep a copy apart from the vault's backups."""
    path = Folder(data).master_key
    if path.exists():
        raise Invalid("command.master_key", path=path)
    master_key.generate_master_key(path)
    say("done.master_key", path=path, variable=master_key.VARIABLE)


@command(app)
def add(
    file: Annotated[Path, typer.Argument(help="JSON: reference, name_ko, name_en, email, orcid, …; - reads stdin")],
    replace: Annotated[str | None, typer.Option("--replace", help="Replace what is held of this pseudonym.")] = None,
    *,
    server: Server,
) -> None:
    """Takes a person in and prints the pseudonym. A file, not options: those would stay in the shell's history."""
    content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    try:
        person = msgspec.json.decode(content, type=dict[str, Any])
    except ValueError:
        raise Invalid("command.no_object", file=file) from None
    path = f"/v1/persons/{replace}" if replace else "/v1/persons"
    out.print(server.reader.send("POST", path, body=person)["pseudonym"])


@command(app)
def show(
    person: Pseudonym,
    purpose: Annotated[str, typer.Option(help="What for; it is recorded.")],
    fields: Annotated[str, typer.Option(help="Only these, with commas between.")] = "",
    basis: Annotated[str | None, typer.Option(help="The law that allows it, where the purpose alone does not.")] = None,
    *,
    server: Server,
) -> None:
    """Shows what is held of a person. That you looked is recorded before you see it."""
    query = {"purpose": purpose, "fields": fields, "basis": basis}
    shown = server.reader.send("GET", f"/v1/persons/{person}", query=query)
    grid = Table(title=shown["pseudonym"], title_justify="left", show_header=False)
    for field, value in shown["person"].items():
        grid.add_row(field, Text(str(value)))
    out.print(grid)


@command(app)
def erase(
    person: Pseudonym,
    basis: Annotated[str, typer.Option(help="The law that asks for it, such as 'PIPA 36'; it is recorded.")],
    *,
    server: Server,
) -> None:
    """Destroys the person's key and data, for good. Refused while a law wants them kept; then stores them apart."""
    done = server.reader.send("DELETE", f"/v1/persons/{person}", query={"basis": basis})
    say("done.erased", position=done["position"])


@command(app)
def hold(
    person: Pseudonym,
    law: Annotated[str, typer.Option(help="The law that wants the data kept.")],
    until: Annotated[
        str | None, typer.Option(help="The last day, such as 2030-12-31; without it until released.")
    ] = None,
    release: Annotated[bool, typer.Option("--release", help="End the hold of this law.")] = False,
    *,
    server: Server,
) -> None:
    """Places a hold, or releases it."""
    _act(server.reader, f"/v1/persons/{person}/holds", {"law": law}, {"until": until}, release)


@command(app)
def consent(
    person: Pseudonym,
    purpose: Annotated[str, typer.Option(help="What the person agreed to.")],
    countries: Annotated[str, typer.Option(help="Countries it may be viewed from (PIPA 28-8), such as BE,DE.")] = "",
    until: Annotated[str | None, typer.Option(help="The last day, such as 2030-12-31.")] = None,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="The person withdrew it.")] = False,
    *,
    server: Server,
) -> None:
    """Records a consent, or that it was withdrawn."""
    abroad = {"cross_border": True, "countries": countries.split(",")} if countries else {}
    path = f"/v1/persons/{person}/consents"
    _act(server.reader, path, {"purpose": purpose}, {"until": until, **abroad}, withdraw)


@command(app, "list")
def list_(*, server: Server) -> None:
    """Lists pseudonyms with the names of the fields held, holds and readings; nothing personal."""
    columns = ("pseudonym", "hub", "status", "fields", "holds", "readings")
    grid = headed(*columns, title=tell("head", "persons"))
    for row in server.reader.send("GET", "/v1/persons")["persons"]:
        cells = [row[column] for column in columns]
        grid.add_row(*[Text(", ".join(it) if isinstance(it, list) else str(it)) for it in cells])
    out.print(grid)


def _act(reader: RecordReader, path: str, what: dict[str, Any], more: dict[str, Any], undo: bool) -> None:
    if undo:
        done = reader.send("DELETE", path, query=what)
    else:
        done = reader.send("POST", path, body=what | {name: value for name, value in more.items() if value is not None})
    say("done.recorded", position=done["position"])
