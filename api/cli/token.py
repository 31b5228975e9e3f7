"""`sagwan token …`: credentials. Through the server where one runs, else on the record itself, by its owner."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import typer

from api import credentials
from api.options import Place, command
from api.server.last_use import read_last_use
from api.terminal_language import tell
from api.terminal_lines import say
from api.terminal_tables import show_table
from domain.acts.credential import Credential, CredentialIssued
from domain.messages import Invalid
from domain.phrase import any_of
from domain.record import Refused
from journal.folder import Folder
from journal.log import continuity, keys
from journal.log.sealer import Sealer, SealFolder
from journal.store.journal import Journal
from journal.store.submission import Submission
from journal.store.writer import Writer
from journal.trusted_clock import now

app = typer.Typer(no_args_is_help=True, help="Credentials: issue, rotate, revoke, list.")

MACHINE = "on the record's machine"
"""The place of an act that was made without a token."""


Expires = Annotated[
    str | None, typer.Option(help="The day (2027-12-31, its end in Seoul) or instant from which it opens nothing.")
]


class ScopeOptions(NamedTuple):
    """What an official reads, or an auditor is narrowed to."""

    reads_hub: Annotated[list[str] | None, typer.Option(help="A hub that it reads; may be given several times.")] = None
    ministry: Annotated[list[str] | None, typer.Option(help="A ministry whose hubs it reads, as MSIT.")] = None
    region: Annotated[list[str] | None, typer.Option(help="AMERICAS, EUROPE or ASIA: it reads the hubs there.")] = None
    security_class: Annotated[
        list[str] | None, typer.Option("--class", help="SENSITIVE or SECURED: projects that it reads besides.")
    ] = None
    withhold_persons: Annotated[
        bool, typer.Option("--withhold-persons", help="It reads nothing that tells of single persons.")
    ] = False

    @property
    def scope(self) -> dict[str, Any] | None:
        """As in a request; None where nothing was given."""
        lists = {
            "hubs": self.reads_hub,
            "ministries": self.ministry,
            "regions": self.region,
            "classes": self.security_class,
        }
        given: dict[str, Any] = {name: it for name, it in lists.items() if it}
        return (given | ({"withhold_persons": True} if self.withhold_persons else {})) or None


@command(app, "issue")
def issue(
    role: Annotated[str, typer.Argument(help="hub, analyst, official, auditor, secretariat or operator")],
    hub: Annotated[str | None, typer.Option(help="The hub of a hub's token.")] = None,
    label: Annotated[str | None, typer.Option(help="What it is called, and for; no name of a person.")] = None,
    persons: Annotated[str, typer.Option(help="Whose persons it opens: none, own (a hub's) or all.")] = "own",
    cross_border: Annotated[
        bool, typer.Option("--cross-border", help="It may read about persons from abroad (PIPA 28-8).")
    ] = False,
    expires: Expires = None,
    person: Annotated[
        str | None, typer.Option(help="The pseudonym of whose it is; acts with it are that person's.")
    ] = None,
    *,
    scope: ScopeOptions,
    place: Place,
) -> None:
    """Issues a token and prints it, once, and where a server runs a link by which a person signs in with it, once.

    Where no server runs it is issued on the record itself, and the record says so: that takes the data folder and no
    token.
    """
    reader = place.reader
    request: dict[str, Any] = {
        "role": role,
        "hub": hub,
        "label": label,
        "persons": persons,
        "cross_border": cross_border,
    }
    request |= {"scope": scope.scope, "expires_at": expires, "person": person}
    if reader.remote:
        made = reader.send("POST", "/v1/tokens", body=request)
        _print_issued(made)
        _warn_unknown(made.get("unknown_hubs", {}))
        return
    request["label"] = f"{MACHINE}: {label}" if label else MACHINE
    _, token, act = credentials.issue_credential(credentials.SYSTEM, **request)
    with _writing(place.data, place.database) as (journal, record):
        record(act)
        assert isinstance(act.fact, CredentialIssued)
        unknown = credentials.unknown_hubs(journal, hub, act.fact.scope)
    typer.echo(token)
    _warn_unknown(unknown)


@command(app, "rotate")
def rotate(id: str, expires: Expires = None, *, place: Place) -> None:
    """Gives a credential another token and prints it, once; the one before opens nothing any more.

    Without `--expires` it ends when the one before would.
    """
    reader = place.reader
    if reader.remote:
        _print_issued(reader.send("POST", f"/v1/tokens/{id}/rotation", body={"expires_at": expires}))
        return
    with _writing(place.data, place.database) as (journal, record):
        made, act = credentials.rotate_credential(credentials.SYSTEM, id, _credential(journal, id), expires)
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
        _credential(journal, id)
        record(credentials.revoke_credential(credentials.SYSTEM, id, MACHINE))


def _print_issued(made: dict[str, Any]) -> None:
    """The token, for programs to take; and for people the link."""
    typer.echo(made["token"])
    if made["sign_in"]:
        say("done.link", aside=True, link=made["sign_in"])


def _warn_unknown(hubs: dict[str, list[str]]) -> None:
    for hub, near in hubs.items():
        say("done.unknown_hub", "near" if near else "", aside=True, hub=hub, near=any_of(near))


def _credential(journal: Journal, id_: str) -> Credential:
    """Raises ValueError where there is none."""
    held = dict(credentials.credentials_of(journal)).get(id_)
    if held is None or held.issue is None:
        raise Invalid("command.no_credential")
    return held


@command(app, "list")
def list_(*, place: Place) -> None:
    """Lists credentials, never their tokens: with scopes, ends and when each was last used."""
    import pyarrow as pa

    reader = place.reader
    if reader.remote:
        listed = reader.send("GET", "/v1/tokens")["tokens"]
    else:
        with Journal.at(place.database or Folder(place.data).journal) as journal:
            used = read_last_use(place.data)
            listed = msgspec.to_builtins(credentials.list_credentials(journal, now(), used))
    show_table(pa.Table.from_pylist([it | {"scope": _in_words(it["scope"])} for it in listed]), "tokens")


def _in_words(scope: dict[str, Any] | None) -> str | None:
    """`MSIT, SENSITIVE`: a scope in one cell."""
    if scope is None:
        return None
    words = [word for name, it in scope.items() if name != "withhold_persons" for word in it]
    return ", ".join([*words, *([tell("cell", "no_persons")] if scope.get("withhold_persons") else [])])


@contextlib.contextmanager
def _writing(data: Path, database: str | None) -> Iterator[tuple[Journal, Any]]:
    """The record, owned by this process alone, and what records an act on it; the next server seals it.

    Raises FileNotFoundError or ValueError where there is no record yet, Busy where another process owns it, ValueError
    for an act that is refused and on a record that is not the one that was signed.
    """
    folder = Folder(data)
    if database is None and not folder.journal.exists():
        raise Invalid("command.no_record", path=folder.journal)
    if database and not keys.verifier_keys(data):
        raise Invalid("command.other_folder", data=data)
    with contextlib.ExitStack() as stack:
        stack.enter_context(folder.owned())
        journal = stack.enter_context(Journal.at(database or folder.journal, write=True))
        if journal.position == 0:
            raise Invalid("command.empty_record")
        continuity.check_continuity(journal, data)
        sealer = Sealer(journal.entries, SealFolder(folder.log, write=True), keys.signing_keys(data))
        sealer.resume()
        if sealer.alarm:
            raise Invalid("record.not_as_signed", because=sealer.alarm.phrase)
        writer = Writer(journal)
        writer.start()
        stack.callback(writer.stop)

        def record(act: Submission) -> None:
            (outcome,) = writer.record(act)
            if isinstance(outcome, Refused):
                raise outcome

        yield journal, record
