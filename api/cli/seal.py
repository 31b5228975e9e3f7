"""`sagwan keygen`, `proof` and `move`: the key of the seal, what it proves, and taking a record elsewhere."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Annotated

import typer

from api.cli import resealing
from api.options import HERE, Data, Database, Place, command
from api.reads import catalogue
from api.terminal_lines import say
from domain.messages import Invalid, reason, sentence
from journal.folder import Folder
from journal.log import keys, note
from journal.log.note import ED25519, NoteError, VerifierKey
from journal.log.proof import Proof, possible_log_entries
from journal.log.tlog import NotProven
from journal.store import moving
from journal.store.journal import Journal

app = typer.Typer()

Keys = Annotated[
    list[str] | None,
    typer.Option("--key", help="A key you trust, of the record or a witness; else those of the data folder."),
]


@command(app)
def keygen(
    data: Data = HERE,
    origin: Annotated[
        str | None, typer.Option(help="What the record is called in checkpoints, for ever; a URL without scheme.")
    ] = None,
    rotate: Annotated[
        bool, typer.Option("--rotate", help="A new key in the place of the one in use; both sign for a while.")
    ] = False,
) -> None:
    """Makes the key that the record is sealed with, readable by its owner only. Prints the public key to hand out."""
    with Folder(data).owned():
        made = keys.rotate_key(data) if rotate else keys.make_key(data, origin)
    typer.echo(made.verifier)


@command(app)
def reseal(
    reason: Annotated[str, typer.Option(help="Why what was signed is given up; stands in the record for ever.")],
    data: Data = HERE,
    database: Database = None,
) -> None:
    """Signs a record anew whose key, or what was signed last, is lost. No server may run.

    The last resort: the record says so from then on, and so do `sagwan verify` and every pack. What was signed is
    put aside, not deleted. Witnesses go on refusing what does not continue the record that they saw.
    """
    folder = Folder(data)
    with folder.owned(), Journal.at(database or folder.journal, write=True) as journal:
        position, size = resealing.reseal(journal, folder, reason)
    say("done.resealed", size=size, position=position)


@command(app)
def proof(
    position: Annotated[int | None, typer.Argument(help="The position of an event.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to; by default POSITION.tlog-proof.")
    ] = None,
    check: Annotated[Path | None, typer.Option("--check", help="A proof to check instead, offline.")] = None,
    event: Annotated[Path | None, typer.Option("--event", help="The event's JSON, where the proof has none.")] = None,
    key: Keys = None,
    *,
    place: Place,
) -> None:
    """Writes the proof that an event is in the sealed record (C2SP tlog-proof); or checks one."""
    if check is not None:
        trusted = [VerifierKey.parse(it) for it in key] if key else keys.verifier_keys(place.data)
        if not trusted:
            raise Invalid("command.proof_key")
        _say_proven(Proof.parse(kept(check)), event, trusted)
    elif position is not None:
        reader = place.reader
        # A proof needs no token; what the event says does.
        event_too = "true" if reader.asked or not reader.remote else None
        made = reader.file(catalogue.PROOF, position=str(position), format="tlog-proof", event=event_too)
        path = output or Path(f"{position}.tlog-proof")
        path.write_bytes(made)
        say("done.proof", path=path, bytes=len(made))
    else:
        raise Invalid("command.proof_what")


@command(app)
def move(
    to: Annotated[str, typer.Argument(help="A PostgreSQL URL, or a new data folder for SQLite.")],
    data: Data = HERE,
    database: Database = None,
) -> None:
    """Copies the record to another database, at the same positions; the seal stays valid. No server may run.

    The data folder with its key and its seal stays the one of the record; take them along to a new folder.
    """
    folder = Folder(data)
    place = to if "://" in to else Folder(Path(to)).journal
    with Journal.at(database or folder.journal) as source, folder.owned():
        if isinstance(place, Path):
            place.parent.mkdir(parents=True, exist_ok=True)
        with Journal.at(place, write=True) as target:
            moved = moving.move_record(source, target)
        say("done.moved", entries=moved)


def kept(path: Path) -> str:
    """A note that somebody kept. Reports what an editor did to the file, and ignores it. Raises ValueError."""
    try:
        text, done = note.read_kept_note(path.read_bytes())
    except NoteError as error:
        raise Invalid("command.file", path=path, because=reason(error)) from None
    if done:
        say("note.changed", aside=True, path=path, changes=done)
    return text


def _say_proven(it: Proof, event: Path | None, trusted: list[VerifierKey]) -> None:
    stored = event.read_bytes().removeprefix(codecs.BOM_UTF8) if event else it.extra
    if stored is None:
        raise Invalid("command.proof_event")
    try:
        entries = possible_log_entries(stored.strip(b" \r\n") if event else stored)
        checkpoint, signatures, entry = it.checked(entries, trusted)
    except (NotProven, NoteError) as error:
        raise Invalid("command.not_proven", because=reason(error)) from None
    if not any(found.key.name == checkpoint.origin and found.key.algorithm == ED25519 for found in signatures):
        raise Invalid("command.proof_witness", origin=checkpoint.origin)
    *head, digest = entry.decode().splitlines()
    if not head and b'"redacted":' not in stored:
        # The digest is of the whole body, so what the body says of itself is proven with it.
        *head, _ = entries[0].decode().splitlines()
    stream, version, type_ = head or ("", "", "")
    what = sentence("proof.of", stream=stream, version=version, type=type_) if head else sentence("proof.event")
    signers = [found.key.name for found in signatures]
    say("done.proven", what=what, digest=digest, number=it.rank + 1, size=checkpoint.size, signers=signers)
