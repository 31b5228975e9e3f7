"""Definition files, read strictly: one that is wrong stops the start with its name and what is allowed.

A version of an indicator is two files: `indicators/hd_04/2.toml` says what it is, `2.sql` is its query and no more. So
is an irregularity, `irregularities/case_resolved_again`. A qualitative indicator is `qualitative/hd_q/1.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, NoReturn, TypeAlias, TypeVar, get_args, get_origin

import duckdb
import msgspec
from msgspec import Meta

from domain.nearest import UnknownWord
from domain.registry import KINDS
from domain.values import Text
from domain.words import TERMS

Better: TypeAlias = Literal["higher", "lower", "neither"]
Class: TypeAlias = Literal["process", "output", "outcome"]

AGGREGATES = frozenset(
    (
        "avg count diversity each_once list median nullif quantile_cont ratio sum DISTINCT DOUBLE "
        "against amount country key"
    ).split()
)
"""The words that aggregates are made of: functions, types, and the columns of evidence."""


class Definition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An indicator in words: what it means, what counts, what does not, and by which time it counts."""

    means: Text
    counts: Text
    leaves_out: Text
    timed: Text


class Definitions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The same in Korean and English."""

    ko: Definition
    en: Definition


class File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"class_": "class"}):
    """What every definition says: its code and version, as its path does, and its names."""

    code: Text
    version: Annotated[int, Meta(ge=1)]
    ko: Text
    en: Text


class QualitativeFile(File, frozen=True, kw_only=True):
    class_: Class
    definition: Definitions


class IndicatorFile(QualitativeFile, frozen=True, kw_only=True):
    """`own_period`: the query has a column `period`. `persons`: persons stand behind it. Neither has a default."""

    unit: Text
    better: Better
    aggregate: Text
    own_period: bool
    persons: bool
    counts: Text


class IrregularityFile(File, frozen=True, kw_only=True):
    rule: Text


class Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`names.toml`: the files of views in their order, the columns that order each public view."""

    view_files: tuple[str, ...]
    public_views: dict[str, tuple[str, ...]]


class ViewReaders(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A view of `readers.toml`, which says what each key means: columns are words with a space between them."""

    columns: str
    figures: bool = False
    streams: str | None = None
    entry: str | None = None
    hub: str | None = None
    of_persons: str = ""
    from_persons: str = ""
    of_entry: str = ""

    @property
    def named(self) -> frozenset[str]:
        """Every column that is read by somebody who does not read everything."""
        return frozenset(f"{self.columns} {self.of_persons} {self.from_persons} {self.of_entry}".split())


class BadDefinition(ValueError):
    """A file that is no valid definition; the message names it and says what is allowed."""


class DefinitionBytes(NamedTuple):
    """A TOML and the query next to it, byte for byte."""

    toml: bytes
    sql: bytes

    @property
    def query(self) -> str:
        return self.sql.decode().rstrip("\n")


F = TypeVar("F", bound=File)
T = TypeVar("T")


def read_indicators(root: Path) -> Iterator[tuple[IndicatorFile, DefinitionBytes]]:
    """Every version of every indicator. Raises BadDefinition."""
    for path in _paths(root, "indicators", r"[a-z0-9_]+/[1-9]\d*\.(sql|toml)", "indicators/hd_04/2.toml and 2.sql"):
        it, toml = _read(root, path, IndicatorFile)
        _named(root, path, it, path.parent.name.upper().replace("_", "-"), int(path.stem))
        for name, known, words in (
            ("unit", TERMS.units, [it.unit]),
            ("aggregate", AGGREGATES, re.findall(r"[A-Za-z_]\w*", it.aggregate)),
        ):
            for word in words:
                if word not in known:
                    _bad(root, path, UnknownWord("known", word, known, word=word, name=name))
        yield it, DefinitionBytes(toml, _query(root, path))


def read_qualitative(root: Path) -> Iterator[QualitativeFile]:
    """Every version of every qualitative indicator. Raises BadDefinition."""
    for path in _paths(root, "qualitative", r"[a-z0-9_]+/[1-9]\d*\.toml", "qualitative/hd_q/1.toml"):
        it, _ = _read(root, path, QualitativeFile)
        _named(root, path, it, path.parent.name.upper().replace("_", "-"), int(path.stem))
        yield it


def read_irregularities(root: Path) -> Iterator[tuple[IrregularityFile, DefinitionBytes]]:
    """Every irregularity. Raises BadDefinition."""
    example = "irregularities/case_resolved_again.toml and .sql"
    for path in _paths(root, "irregularities", r"[a-z0-9_]+\.(sql|toml)", example):
        it, toml = _read(root, path, IrregularityFile)
        kind = it.code.partition(".")[0]
        if kind not in KINDS:
            _bad(root, path, UnknownWord("code_kind", kind, KINDS, kind=repr(kind)))
        _named(root, path, it, f"{kind}.{path.stem.removeprefix(f'{kind}_')}")
        yield it, DefinitionBytes(toml, _query(root, path))


@cache
def read_names() -> Names:
    """Raises BadDefinition."""
    root = Path(__file__).parent
    return _decoded(root, root / "names.toml", Names)


def read_readers() -> dict[str, ViewReaders]:
    """Raises BadDefinition."""
    root = Path(__file__).parent
    return _decoded(root, root / "readers.toml", dict[str, ViewReaders])


def read_heads(root: Path) -> dict[str, tuple[str, ...]]:
    """By `HD-04/2`, what stood before its query in earlier releases. Raises BadDefinition."""
    return _decoded(root, root / "superseded" / "heads.toml", dict[str, tuple[str, ...]])


def _decoded(root: Path, path: Path, type_: type[T]) -> T:
    try:
        return msgspec.toml.decode(path.read_bytes(), type=type_)
    except (OSError, ValueError) as error:
        _bad(root, path, error)


def _paths(root: Path, folder: str, names: str, example: str) -> Iterator[Path]:
    """The TOML files of a folder. Raises BadDefinition for a file with another name, and for half a definition."""
    found = sorted(it for it in (root / folder).rglob("*") if it.is_file() and not it.name.startswith("."))
    if not found:
        _bad(root, root / folder, f"no definition is there; they are called like {example}")
    for path in found:
        if not (named := re.fullmatch(names, path.relative_to(root / folder).as_posix())):
            _bad(root, path, f"no definition is called so; they are called like {example}")
        for suffix in ("sql", "toml") if named.groups() else ("toml",):
            if not (other := path.with_suffix(f".{suffix}")).exists():
                _bad(root, path, f"there is no {other.name} beside it")
        if path.suffix == ".toml":
            yield path


def _read(root: Path, path: Path, type_: type[F]) -> tuple[F, bytes]:
    toml = path.read_bytes()
    try:
        values = tomllib.loads(toml.decode())
        return msgspec.convert(values, type_), toml
    except tomllib.TOMLDecodeError as error:
        _bad(root, path, f"{error}; a text stands in quotes, and yes and no are true and false")
    except msgspec.ValidationError as error:
        _bad(root, path, _unknown_word(values, type_) or str(error).replace("`bool`", "true or false"))
    except UnicodeDecodeError as error:
        _bad(root, path, error)


def _unknown_word(values: dict[str, Any], type_: type[msgspec.Struct], at: str = "") -> UnknownWord | None:
    """The first unknown key, or word that its list does not have."""
    fields = {it.encode_name: it.type for it in msgspec.structs.fields(type_)}
    for key, value in values.items():
        if key not in fields:
            return UnknownWord("key", key, fields, key=f"{at}{key}")
        of = fields[key]
        if get_origin(of) is Literal and isinstance(value, str) and value not in get_args(of):
            return UnknownWord("key_value", value, get_args(of), key=f"{at}{key}", value=repr(value))
        below = isinstance(value, dict) and isinstance(of, type) and issubclass(of, msgspec.Struct)
        if below and (found := _unknown_word(value, of, f"{at}{key}.")):
            return found
    return None


def _named(root: Path, path: Path, it: File, code: str, version: int | None = None) -> None:
    for key, said, named in (("code", it.code, code), ("version", it.version, version or it.version)):
        if said != named:
            _bad(root, path, f"`{key}` is {said}, and by its name the file is {named}")


def _query(root: Path, path: Path) -> bytes:
    """The query next to a TOML: exactly one, with nothing before it."""
    at = path.with_suffix(".sql")
    try:
        text = (sql := at.read_bytes()).decode()
        kinds = [it.type for it in sql_parser().extract_statements(text)]
    except (duckdb.Error, ValueError) as error:
        _bad(root, at, error)
    if kinds != [duckdb.StatementType.SELECT]:
        _bad(root, at, "a definition is one query")
    if text.lstrip().startswith(("--", "/*")):
        _bad(root, at, f"nothing stands before the query; what it is says {path.name}")
    return sql


@cache
def sql_parser() -> duckdb.DuckDBPyConnection:
    """Parses SQL, and holds nothing. DuckDB's own would keep ten threads for ever in any process that imports this."""
    return duckdb.connect(config={"threads": 1, "async_threads": 1})


def _bad(root: Path, path: Path, why: object) -> NoReturn:
    raise BadDefinition(f"{path.relative_to(root.parent).as_posix()}: {why}") from None
