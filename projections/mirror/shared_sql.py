"""The SQL that figures share, object by object: macros and views in the text in force, and in the earlier ones.

The text behind a published figure stays: to change a macro or a view, put the earlier text into `superseded/NAME/` (any
file name); editions that were published with it are made from it again. An object is identified by its name and the
digest of its text without comments and white space.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import duckdb
import msgspec

from projections.definitions import NAMES, VERSIONS, Indicator

HERE = Path(__file__).parents[1]

IN_FACTS = ("in_effect", "by_valid")
"""What the views of facts and of entries build on."""

SLICED_BY = ("hub_assignment", "person_of", "half_year")
"""What the slices and the persons of every figure build on (`projections.figures`)."""

Digests = Mapping[str, str]
"""SQL by name (`case_clock`, `HD-04/2`), each by its digest; a whole definition as `HD-04/2/definition`."""

_DEFINED = re.compile(r"CREATE (?:MACRO|VIEW) (\w+)")
_WORD = re.compile(r"[a-z_]\w*")


class SharedStatement(NamedTuple):
    """A statement that makes a macro or a view, as written in its file."""

    name: str
    text: str

    @property
    def digest(self) -> str:
        return sql_digest(self.text)

    def uses(self, names: Iterable[str]) -> list[str]:
        """The names that occur in it, in order; words in a string literal count too, since they may name tables."""
        words = {*_WORD.findall(plain_sql(self.text))} - {self.name}
        return [name for name in names if name in words]


@cache
def plain_sql(sql: str) -> str:
    """SQL without comments, its words one space apart."""
    return " ".join(word for _, word in _words(sql))


def _words(sql: str) -> Iterator[tuple[int, str]]:
    """The words of SQL without comments, each with the byte where it ends. DuckDB counts bytes."""
    text, tokens = sql.encode(), duckdb.tokenize(sql)
    ends = [*(start for start, _ in tokens[1:]), len(text)]
    for (start, kind), end in zip(tokens, ends, strict=True):
        if kind is not duckdb.token_type.comment:
            yield end, text[start:end].decode().strip()


def sql_digest(sql: str) -> str:
    """SHA-256 of plain SQL, in hex."""
    return hashlib.sha256(plain_sql(sql).encode()).hexdigest()


@cache
def in_force() -> dict[str, SharedStatement]:
    """Every macro and view by its name, in the order of the files."""
    paths = (HERE / "macros.sql", *(HERE / "views" / f"{name}.sql" for name in NAMES.view_files))
    return {it.name: it for path in paths for it in _statements(path)}


@cache
def superseded() -> dict[tuple[str, str], SharedStatement]:
    """Earlier texts, by name and digest."""
    texts = (it for path in sorted(HERE.glob("superseded/*/*.sql")) for it in _statements(path))
    return {(it.name, it.digest): it for it in texts}


@cache
def first_release() -> dict[str, str]:
    """The SQL digests of figures of 0.1.0, whose editions name none."""
    return msgspec.json.decode((HERE / "superseded" / "0.1.0.json").read_bytes(), type=dict[str, str])


def formula_digests(indicators: Iterable[Indicator]) -> dict[str, str]:
    """The digests of all that these figures depend on: their own SQL and definition, and the SQL that is built on."""
    objects = in_force()
    wanted: dict[str, str] = {}
    digests: dict[str, str] = {}
    ahead = [*SLICED_BY, *IN_FACTS]
    for it in indicators:
        wanted |= _named(it)
        ahead += SharedStatement("", f"{it.sql}; SELECT {it.aggregate}").uses(objects)
    while ahead:
        if (name := ahead.pop()) not in digests:
            digests[name] = objects[name].digest
            ahead += objects[name].uses(objects)
    return {**wanted, **{name: digests[name] for name in sorted(digests)}}


def name_of(it: Indicator) -> str:
    return f"{it.code}/{it.version}"


def formula(it: Indicator) -> str:
    """The digest of what a version of an indicator computes: its query, and how the amounts are put together."""
    return sql_digest(f"{it.sql}; SELECT {it.aggregate}")


@cache
def digests_in_tree() -> dict[str, str]:
    """The digests of all SQL of figures as it is in force."""
    versions = {name: digest_ for it in VERSIONS.values() for name, digest_ in _named(it).items()}
    return versions | {name: it.digest for name, it in in_force().items()}


def _named(it: Indicator) -> dict[str, str]:
    return {name_of(it): formula(it), f"{name_of(it)}/definition": it.formula}


def missing_texts(wanted: Digests) -> list[str]:
    """The names of those texts that the tree has neither in force nor as superseded."""
    in_tree = digests_in_tree()
    kept = superseded().keys() | {(f"{name_of(it)}/definition", one) for it in VERSIONS.values() for one in it.formerly}
    return sorted(
        name for name, digest_ in wanted.items() if in_tree.get(name) != digest_ and (name, digest_) not in kept
    )


def statements(wanted: Digests) -> list[SharedStatement]:
    """The statements of every macro and view, each after what it uses; the `wanted` ones in their earlier text.

    A lost text is replaced by the one in force; an object that came later than the wanted ones has its first text.
    """
    chosen = dict(in_force())
    for name, digest_ in wanted.items():
        if found := superseded().get((name, digest_)):
            chosen[name] = found
    if wanted:
        unnamed = {*IN_FACTS, "halves"} - wanted.keys()
        chosen |= {it.name: it for it in superseded().values() if it.name in unnamed}
    made: dict[str, SharedStatement] = {}

    def make(it: SharedStatement, above: tuple[str, ...] = ()) -> None:
        for name in it.uses(chosen):
            if name not in made and name not in above:
                make(chosen[name], (*above, it.name))
        made.setdefault(it.name, it)

    for it in chosen.values():
        make(it)
    return [*made.values()]


def _statements(path: Path) -> Iterator[SharedStatement]:
    text, start = path.read_bytes(), 0
    for end in [end for end, word in _words(text.decode()) if word == ";"]:
        statement, start = text[start:end].decode(), end
        defined = _DEFINED.search(plain_sql(statement))
        assert defined, f"{path} makes a macro or a view with each statement"
        yield SharedStatement(defined[1], statement)
