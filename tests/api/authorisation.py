"""The matrix of `docs/authorisation.md`, made from the declarations: `python -m tests.written`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from api.http.routes import ROUTES, Route
from api.reads import catalogue
from api.reads.read import Read
from api.web.sign_in import ROUTES as SIGN_INS
from api.web.site import PLACES
from domain.input_policy.authority import TYPES_OF_ROLES, WRITES
from domain.record import Role
from domain.registry import KINDS, TYPES
from domain.visibility import ANSWER, RATING, READS_ALL, RESTRICTED_KINDS, SUBMISSION
from projections.definition_files import ViewReaders
from projections.definitions import INDICATORS, READERS

FILE = Path(__file__).parents[2] / "docs/authorisation.md"
ROLES: tuple[Role, ...] = get_args(Role)
EDITION = ("/editions/{period}/{number}", "/editions/{period}/{number}.{format}")

HEAD = """\
# Who may do and read what (권한 대조표)

This file is made from the declarations by which the server decides: `python -m tests.written` writes it,
`tests/api/test_authorisation.py` fails where it is not current, where a route or a column has no line, and where the
server answers otherwise. What it means stands in [visibility.md](visibility.md), how tokens and sign-ins are set up in
[access.md](access.md).

| sign | says |
|---|---|
| ● | may ask; where rows are withheld, the second and third table say which |
| ◐ | may ask, an auditor only without a scope |
| ○ | where its credential opens persons (`persons`) |
| – | 403 `authority.role` |
| ☆ | needs no token |
"""


def matrix() -> str:
    """The document."""
    return "\n".join([HEAD, *_routes(), *_pages(), *_entries(), *_views(), *_columns()])


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _table(*heads: str) -> Iterator[str]:
    yield _line(*heads)
    yield "|" + "---|" * len(heads)


def _routes() -> Iterator[str]:
    yield "## Routes\n"
    yield from _table("route", *ROLES)
    for read in catalogue.ALL:
        yield _line(f"`GET {read.path}`", *(_of_read(read, role) for role in ROLES))
    for route in ROUTES:
        yield _line(f"`{route.method} {route.path}`", *(_of_route(route, role) for role in ROLES))
    yield ""


def _of_read(it: Read, role: Role) -> str:
    if it.public:
        return "☆"
    if it.reads_all and role not in READS_ALL:
        return "–"
    return "◐" if it.reads_all and role == "auditor" else "●"


def _of_route(it: Route, role: Role) -> str:
    if it.public:
        return "☆"
    if role not in it.roles:
        return "–"
    if it.unscoped and role == "auditor":
        return "◐"
    return "○" if it.of_persons else "●"


def _pages() -> Iterator[str]:
    yield "Pages are reads, shown to who has signed in with what these reads say to him: "
    paths = [it.canonical for it in PLACES] + [*EDITION, "/helpdesk.ics"]
    yield ", ".join(f"`{it}`" for it in paths) + ". Without a session: "
    yield ", ".join(sorted({f"`{it.path}`" for it in SIGN_INS})) + ", `/static/{name}`.\n"


def _entries() -> Iterator[str]:
    yield "## Entries, by the kind of their stream\n"
    yield "Whoever has a token reads what stands under *everybody*; the rest is for the hubs concerned, for officials"
    yield "of these as their scope says, and for who reads everything.\n"
    yield from _table("kind", "written by", "everybody", "the hubs concerned", "an official or an auditor with a scope")
    for kind in KINDS:
        types = [name for name in TYPES if name.partition(".")[0] == kind]
        yield _line(f"`{kind}`", _writers(kind), *_readers(kind, types))
    yield ""


def _writers(kind: str) -> str:
    found = [role for role in ROLES if kind in WRITES[role]]
    only = [f"`{name}`: {', '.join(sorted(it))}" for name, it in TYPES_OF_ROLES.items() if name.startswith(f"{kind}.")]
    return ", ".join([*found, *only])


def _readers(kind: str, types: list[str]) -> tuple[str, str, str]:
    if kind == "project":
        return "those of no class or GENERAL", "SENSITIVE, SECURED", "the classes named"
    if kind == "exchange":
        return "–", "all", "unless persons are withheld; of a classed project the classes named"
    if kind == "person":
        return "–", "all", "unless persons are withheld"
    if kind in RESTRICTED_KINDS:
        return "–", "all", f"all; `{SUBMISSION}` unless persons are withheld" if SUBMISSION in types else "all"
    apart = [name for name in (RATING, ANSWER) if name in types]
    if RATING in apart:
        return f"all but `{RATING}`", f"`{RATING}`", f"`{RATING}` unless persons are withheld"
    if ANSWER in apart:
        told = f"`{ANSWER}` with a reason, or to a classed project"
        return f"all but {told}", told, "of a classed project the classes named"
    return "all", "–", "–"


def _views() -> Iterator[str]:
    yield "## Views, by row\n"
    yield "A row is withheld where the caller may not see what it names; `figures` of persons are as"
    yield "[disclosure.md](disclosure.md) says.\n"
    yield from _table("view", "stream in", "entry in", "hub in", "figures of persons")
    for name, it in sorted(READERS.items()):
        cells = (it.streams, it.entry if not it.of_entry else None, it.hub, "yes" if it.figures else None)
        yield _line(f"`{name}`", *(f"`{cell}`" if cell and cell != "yes" else cell or "–" for cell in cells))
    yield ""


def _columns() -> Iterator[str]:
    yield "## Views, by column\n"
    yield "Every column is read with its row but these, which are empty in the rows of others:\n"
    yield from _table("view", "column", "read by")
    for name, it in sorted(READERS.items()):
        for column in it.of_persons.split():
            yield _line(f"`{name}`", f"`{column}`", "who reads what tells of persons of the hub of the row")
        for column in it.from_persons.split():
            yield _line(f"`{name}`", f"`{column}`", "who reads what tells of persons")
        for column in it.of_entry.split():
            yield _line(f"`{name}`", f"`{column}`", f"who reads the entry in `{it.entry}`")
    persons = ", ".join(f"`{it.column}`" for it in INDICATORS.values() if it.persons)
    yield f"\nIn views with figures those with persons behind them are {persons}.\n"
    yield from _table("view", "columns read with the row")
    for name, it in sorted(READERS.items()):
        yield _line(f"`{name}`", _listed(it))
    yield ""


def _listed(it: ViewReaders) -> str:
    return " ".join(f"`{column}`" for column in it.columns.split()) + (
        " and one of each indicator" if it.figures else ""
    )
