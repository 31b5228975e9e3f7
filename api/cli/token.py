"""`sagwan token …`: credentials. Through the server where one runs, else on the record itself, by whoever has it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from api import credentials
from api.options import Place, command
from api.terminal_tables import show_table
from domain.record import Refused
from journal.folder import Folder
from journal.log import continuity, keys
from journal.log.sealer import Sealer, SealFolder
from journal.store.journal import Journal
from journal.store.submission import Submission
from journal.store.writer import Writer

app = typer.Typer(no_args_is_help=True, help="Credentials: issue, revoke, list.")

MACHINE = "on the record's machine"
"""Where an act was made that no token stands for."""


@command(app, "issue")
def issue(
    role: Annotated[str, typer.Argument(help="hub, analyst, auditor, secretariat or operator")],
    hub: Annotated[str | None, typer.Option(help="The hub of a hub's token.")] = None,
    label: Annotated[str | None, typer.Option(help="What it is for; no name of a person.")] = None,
    persons: Annotated[str, typer.Option(help="Whose persons it opens: none, own (a hub's) or all.")] = "own",
    cross_border: Annotated[
        bool, typer.Option("--cross-border", help="It may read about persons from abroad (PIPA 28-8).")
    ] = False,
    *,
    place: Place,
) -> None:
    """Issues a token and prints it, once.

    Where no server runs it is issued on the record itself, and the record says so: that takes the data folder and no
    token.
    """
    reader = place.reader
    if reader.remote:
        wish = {"role": role, "hub": hub, "label": label, "persons": persons, "cross_border": cross_border}
        typer.echo(reader.send("POST", "/v1/tokens", body=wish)["token"])
        return
    told = f"{MACHINE}: {label}" if label else MACHINE
    _, made, act = credentials.issue_credential(credentials.SYSTEM, role, hub, told, persons, cross_border)
    with _writing(place.data, place.database) as (_, record):
        record(act)
    typer.echo(made)


@command(app, "revoke")
def revoke(id: str, *, place: Place) -> None:
    """Revokes a credential by its id; its token opens nothing any more."""
    reader = place.reader
    if reader.remote:
        reader.send("DELETE", f"/v1/tokens/{id}")
        return
    with _writing(place.data, place.database) as (journal, record):
        if not any(it.id == id for it in credentials.list_credentials(journal)):
            raise ValueError("no credential has this id; `sagwan token list` has them")
        record(credentials.revoke_credential(credentials.SYSTEM, id, MACHINE))


@command(app, "list")
def list_(*, place: Place) -> None:
    """Lists credentials, never their tokens."""
    import pyarrow as pa

    reader = place.reader
    if reader.remote:
        listed = reader.send("GET", "/v1/tokens")["tokens"]
    else:
        with Journal.at(place.database or Folder(place.data).journal) as journal:
            listed = msgspec.to_builtins(credentials.list_credentials(journal))
    show_table(pa.Table.from_pylist(listed), "tokens")


@contextlib.contextmanager
def _writing(data: Path, database: str | None) -> Iterator[tuple[Journal, Any]]:
    """The record, owned by this process alone, and what records an act on it; the next server seals it.

    Raises FileNotFoundError or ValueError where there is no record yet, Busy where another process owns it, ValueError
    for an act that is refused and on a record that is not the one that was signed.
    """
    folder = Folder(data)
    if database is None and not folder.journal.exists():
        raise FileNotFoundError(f"there is no record at {folder.journal}; `sagwan serve` begins one and prints a token")
    if database and not keys.verifier_keys(data):
        raise ValueError(f"{data} is not the folder that this record is served from; name that one with --data")
    with contextlib.ExitStack() as stack:
        stack.enter_context(folder.owned())
        journal = stack.enter_context(Journal.at(database or folder.journal, write=True))
        if journal.position == 0:
            raise ValueError("the record is empty; `sagwan serve` begins it and prints a token")
        continuity.check_continuity(journal, data)
        sealer = Sealer(journal.entries, SealFolder(folder.log, write=True), keys.signing_keys(data))
        sealer.resume()
        if sealer.alarm:
            raise ValueError(f"nothing is recorded until the record is mended: {sealer.alarm}")
        writer = Writer(journal)
        writer.start()
        stack.callback(writer.stop)

        def record(act: Submission) -> None:
            (outcome,) = writer.record(act)
            if isinstance(outcome, Refused):
                raise ValueError(str(outcome))

        yield journal, record
