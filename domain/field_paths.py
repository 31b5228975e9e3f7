"""Paths to the values in a fact, by the types of its fields: a rule finds its kind of value wherever it is."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import msgspec

T = TypeVar("T")
FieldPath = tuple[str, ...]
"""Inside a field `*` is each item (or key), `values` each value and `.name` a field of the value there."""


def field_paths(
    type_: Any, tells: Callable[[Any, tuple[Any, ...]], Iterable[T]], metas: tuple[Any, ...] = ()
) -> Iterator[tuple[T, FieldPath]]:
    """What `tells` returns for each type that occurs in a field, with its constraints, and the path to it."""
    origin, inner = get_origin(type_), get_args(type_)
    if origin is Annotated:
        yield from field_paths(inner[0], tells, inner[1:])
    elif origin in (Union, types.UnionType):
        for it in inner:
            yield from field_paths(it, tells)
    elif origin is tuple:
        yield from ((seen, ("*", *way)) for seen, way in field_paths(inner[0], tells))
    elif origin is dict:
        yield from ((seen, ("*", *way)) for seen, way in field_paths(inner[0], tells))
        yield from ((seen, ("values", *way)) for seen, way in field_paths(inner[1], tells))
    elif isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        for field in msgspec.structs.fields(type_):
            yield from ((seen, (f".{field.name}", *way)) for seen, way in field_paths(field.type, tells))
    else:
        yield from ((seen, ()) for seen in tells(type_, metas))


def values_at(value: Any, way: FieldPath) -> Iterator[Any]:
    """The values at the end of a path; none where something on it is absent."""
    if value is None:
        return
    if not way:
        yield value
        return
    match way[0]:
        case "*":
            items = value
        case "values":
            items = value.values()
        case field:
            items = (getattr(value, field[1:]),)
    for it in items:
        yield from values_at(it, way[1:])
