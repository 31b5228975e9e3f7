"""Options that many commands have, declared once: groups of them are one parameter of a command."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar, get_type_hints

import typer

from api.address import Address

if TYPE_CHECKING:
    from api.reader import RecordReader

HERE = Path("sagwan-data")

Data = Annotated[Path, typer.Option("--data", envvar="SAGWAN_DATA", help="The data folder.")]
Database = Annotated[
    str | None, typer.Option(envvar="SAGWAN_DATABASE", help="PostgreSQL URL; without it SQLite in the data folder.")
]
Token = Annotated[str | None, typer.Option(envvar="SAGWAN_TOKEN", help="A token, where a server answers.")]
Url = Annotated[str | None, typer.Option(envvar="SAGWAN_URL", help="A server; by default the one of the data folder.")]


class Place(NamedTuple):
    """Where the record is: at a server, or in a folder that nobody serves."""

    data: Data = HERE
    database: Database = None
    url: Url = None
    token: Token = None

    @property
    def reader(self) -> RecordReader:
        from api.reader import RecordReader

        return RecordReader.at(self.data, self.url, self.token, self.database)


class Server(NamedTuple):
    """A running server: by default the one of the data folder."""

    data: Data = HERE
    url: Url = None
    token: Token = None

    @property
    def address(self) -> Address:
        return Address.at(self.data, self.url, self.token)

    @property
    def reader(self) -> RecordReader:
        from api.reader import RecordReader

        return RecordReader.at(self.data, self.url, self.token)


class PointOptions(NamedTuple):
    """As of when, and in which money."""

    known: Annotated[
        str | None,
        typer.Option(
            help="What was known: a position, an instant (2025-07-01T00:00:00+09:00) or an edition (2025S1/1)."
        ),
    ] = None
    valid: Annotated[
        str | None, typer.Option(help="What had happened by: a date (its end in Seoul) or an instant.")
    ] = None
    fx: Annotated[
        list[str] | None,
        typer.Option(help="In money of a version of a rate set, as 2025S1:2; may be given several times."),
    ] = None


F = TypeVar("F", bound=Callable[..., Any])


def command(app: typer.Typer, name: str | None = None) -> Callable[[F], F]:
    """Adds a command to an app. A parameter whose type is a NamedTuple stands for its fields, which are options."""

    def register(function: F) -> F:
        app.command(name)(_expanded(function))
        return function

    return register


def _expanded(function: Callable[..., Any]) -> Callable[..., Any]:
    hints = get_type_hints(function, include_extras=True)
    groups = {name: hint for name, hint in hints.items() if hasattr(hint, "_field_defaults")}

    def parameters() -> Iterator[inspect.Parameter]:
        for it in inspect.signature(function).parameters.values():
            if (group := groups.get(it.name)) is None:
                yield it.replace(annotation=hints[it.name], kind=inspect.Parameter.KEYWORD_ONLY)
                continue
            options = get_type_hints(group, include_extras=True)
            for name, default in group._field_defaults.items():
                yield inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=options[name])

    @functools.wraps(function)
    def run(**given: Any) -> Any:
        for name, group in groups.items():
            given[name] = group(**{field: given.pop(field) for field in group._fields})
        return function(**given)

    run.__signature__ = signature = inspect.Signature([*parameters()])  # type: ignore[attr-defined]
    run.__annotations__ = {it.name: it.annotation for it in signature.parameters.values()}
    del run.__wrapped__
    return run
