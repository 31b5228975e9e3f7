"""`sagwan verify`, `redact` and `rebuild`: the record as a whole."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from api.cli import seal
from api.options import Place, Server
from api.progress import showing
from api.terminal_tables import out
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

    words = ["--url", remote]
    for name, values in (("--key", keys), ("--witness", witnesses), ("--earlier", earlier)):
        words += [word for value in values for word in (name, str(value))]
    asked = arguments([*words, *(["--quorum", str(quorum)] if quorum is not None else [])])
    with showing() as step:
        return run(Check(asked, partial(out.print, markup=False, soft_wrap=True), step), token)


def _verdict(report: VerificationReport) -> int:
    if report.ahead:
        told = "the last entry says that it was recorded at"
        out.print(f"[yellow]ahead of this clock[/]: {told} {report.ahead:%Y-%m-%d %H:%M:%S} UTC")
    for told in report.restarted:
        out.print(f"[yellow]signed anew[/] {escape(told)}")
    for line in _files(report.files):
        out.print(line)
    if not report.differences:
        compared = (
            f"{report.tables} live tables say what it says" if report.tables else "there are no tables to compare"
        )
        out.print(f"[green]whole[/]: {report.entries} entries up to position {report.position}; {compared}")
        if report.seal and report.seal.size:
            more = f"; {report.seal.unsealed} more are not sealed yet" if report.seal.unsealed else ""
            who = " and ".join(sorted({*report.seal.signers}))
            out.print(f"[green]sealed[/]: {report.seal.size} entries are those that {who} signed{more}")
        else:
            out.print("[yellow]not sealed[/]: nobody signed it yet; a server does")
        return 0
    if report.unkept:
        out.print(f"[yellow]nothing is kept of[/] {', '.join(report.unkept)}")
    for it in report.differences[:10]:
        where = f"at position {it.position}: " if it.position is not None else ""
        out.print(f"[red]not whole[/]: {escape(where + it.what)}")
    if len(report.differences) > 10:
        out.print(f"… and {len(report.differences) - 10} more")
    return 1


def _files(it: FileCheck | None) -> Iterator[str]:
    """What is said of evidence files; nothing where no item tells of one."""
    if it and not it.looked and it.whole:
        yield f"[yellow]evidence files[/]: {it.whole} are kept where the record is served; no folder of them is here"
    elif it and (it.whole or it.wrong):
        wrong = f"; {len(it.wrong)} are missing, harmed or without a key" if it.wrong else ""
        yield f"[{'yellow' if it.wrong else 'green'}]evidence files[/]: {it.whole} are kept and whole{wrong}"
    if it and it.deposits:
        yield f"evidence files: {it.deposits} items whose file is not kept here"


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
    out.print(f"{answer['status']} at position {answer['position']}; the content of entry {position} is destroyed")


def rebuild(place: Place) -> None:
    """Makes a new mirror beside the old one, then swaps; a running server keeps answering meanwhile."""
    with showing() as step:
        position = place.reader.rebuild(step)
    out.print(f"the tables are made anew, up to position {position}")
