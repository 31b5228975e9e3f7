"""The description of every event type besides its docstring: in Korean, field by field, and with an example.

`KIND.toml` has the types of a kind, `fields.toml` the description of a field unless a type describes it differently.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

HERE = Path(__file__).parent


class Words(NamedTuple):
    """The description of a field: a sentence in English, a noun in Korean, and its `label`, a short noun in English."""

    en: str
    ko: str
    label: str


class Described(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A type: its titles, its Korean sentence (`says`), the `data` of an event of it, and its own fields."""

    title: str
    title_en: str
    says: str
    example: dict[str, Any]
    fields: dict[str, Words] = {}

    def field(self, name: str) -> Words:
        """The description of a field. Raises KeyError for one without."""
        return self.fields.get(name) or common_fields()[name]


@cache
def common_fields() -> dict[str, Words]:
    return msgspec.toml.decode((HERE / "fields.toml").read_bytes(), type=dict[str, Words])


@cache
def described() -> dict[str, Described]:
    """Every type by its tag."""
    kinds = {path.stem: path for path in sorted(HERE.glob("*.toml")) if path.stem != "fields"}
    found = {kind: msgspec.toml.decode(path.read_bytes(), type=dict[str, Described]) for kind, path in kinds.items()}
    return {f"{kind}.{what}": it for kind, types in found.items() for what, it in types.items()}
