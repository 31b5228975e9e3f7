"""`sagwan clock`: an operator's word for the server's clock, where it is doubted."""

from __future__ import annotations

import secrets
from datetime import UTC
from typing import Annotated

import typer

from api import cloudevents
from api.options import Server, command
from api.reads.asked import parse_moment
from api.terminal_lines import receipt, say
from domain.acts.clock import STREAM

app = typer.Typer(help="The clock that the record goes by.", no_args_is_help=True)


@app.callback()
def _clock() -> None:
    """A clock that jumped is refused until it is right again, or until an operator says that it is right."""


@command(app)
def accept(
    now: Annotated[str, typer.Argument(help="The time by your own watch with its offset: 2026-11-26T09:30+09:00")],
    reason: Annotated[str, typer.Option(help="Why the clock was doubted, and how you know.")],
    *,
    server: Server,
) -> None:
    """Says that the server's clock is right; the record goes on by it from here."""
    event = {
        "specversion": "1.0",
        "source": "clock",
        "id": secrets.token_hex(8),
        "type": "clock.accepted",
        "subject": STREAM,
        "data": {"now": parse_moment(now, "now").astimezone(UTC), "reason": reason},
    }
    answer = server.reader.send("POST", "/v1/events", event, type_=cloudevents.SINGLE_TYPE)
    say("done.clock", **receipt(answer))
