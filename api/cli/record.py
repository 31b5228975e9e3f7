"""`sagwan verify`, `redact` and `rebuild`: the record as a whole."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli import seal
from api.options import Place, Server
from api.progress import showing
from api.terminal_language import language
from api.terminal_lines import out, receipt, say
from domain.messages import sentence
from domain.phrase import all_of
from journal.evidence.holdings import FileCheck
from replay.audit.verify import VerificationReport


def verify(
    *,
    place: Place,
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
        sys.exit(_remotely(remote, place.token, key or (), witness or (), quorum, checkpoint or ()))
    earlier = {str(path): seal.kept(path) for path in checkpoint or ()}
    with showing() as step:
        report = place.reader.verify(step, key or (), earlier)
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

    words = ["--url", remote, "--lang", language()]
    for name, values in (("--key", keys), ("--witness", witnesses), ("--earlier", earlier)):
        words += [word for value in values for word in (name, str(value))]
    asked = arguments([*words, *(["--quorum", str(quorum)] if quorum is not None else [])])
    with showing() as step:
        return run(Check(asked, partial(out.print, markup=False, soft_wrap=True), step), token)


def _verdict(report: VerificationReport) -> int:
    if report.ahead:
        say("verify.ahead", style="yellow", at=f"{report.ahead:%Y-%m-%d %H:%M:%S}")
    for restart in report.restarted:
        say("verify.signed_anew", style="yellow", told=restart)
    _say_files(report.files)
    if not report.differences:
        compared = sentence("verify.compared", tables=report.tables) if report.tables else sentence("verify.no_tables")
        say("verify.whole", style="green", entries=report.entries, position=report.position, compared=compared)
        if report.seal and report.seal.size:
            signed: dict[str, Any] = {"size": report.seal.size, "signers": all_of(sorted({*report.seal.signers}))}
            more = report.seal.unsealed
            say("verify.sealed", "more" if more else "", style="green", more=more, **signed)
        else:
            say("verify.not_sealed", style="yellow")
        return 0
    if report.unkept:
        say("verify.unkept", style="yellow", editions=report.unkept)
    for it in report.differences[:10]:
        which = "" if it.position is None else "at"
        say("verify.not_whole", which, style="red", position=it.position, told=it.told)
    if len(report.differences) > 10:
        say("verify.more", more=len(report.differences) - 10)
    return 1


def _say_files(it: FileCheck | None) -> None:
    """Reports on evidence files; nothing where no item names one."""
    if it and not it.looked and it.whole:
        say("verify.files_elsewhere", style="yellow", whole=it.whole)
    elif it and it.wrong:
        say("verify.files", "wrong", style="yellow", whole=it.whole, wrong=len(it.wrong))
    elif it and it.whole:
        say("verify.files", style="green", whole=it.whole)
    if it and it.deposits:
        say("verify.deposits", deposits=it.deposits)


def redact(
    position: Annotated[int, typer.Argument(help="The entry of which content is destroyed.")],
    field: Annotated[list[str], typer.Option(help="What of it: purpose, or data.purpose in a correction; repeatable.")],
    basis: Annotated[str, typer.Option(help="The law that wants it gone.")],
    reason: Annotated[str | None, typer.Option(help="Why, without saying what.")] = None,
    *,
    server: Server,
) -> None:
    """Destroys content of an entry for ever (파기); the entry, its proofs and every figure stay."""
    from api import cloudevents

    reader = server.reader
    event = {
        "specversion": "1.0",
        "source": "redact",
        "id": f"redact/{position}/{'/'.join(sorted(field))}",
        "type": "entry.redacted",
        "subject": reader.send("GET", f"/v1/events/{position}")["entry"]["stream"],
        "data": {"entry": position, "fields": field, "basis": basis} | ({"reason": reason} if reason else {}),
    }
    answer = reader.send("POST", "/v1/events", event, type_=cloudevents.SINGLE_TYPE)
    say("done.redacted", entry=position, **receipt(answer))


def rebuild(place: Place) -> None:
    """Makes a new mirror beside the old one, then swaps; a running server keeps answering meanwhile."""
    with showing() as step:
        position = place.reader.rebuild(step)
    say("done.rebuilt", position=position)
