"""What is published in versions (calendars, SLA policies, rate sets): a version never changes, one published wrongly is
withdrawn (철회), and its number is not used again.
"""

from __future__ import annotations

from typing import Generic, Self, TypeVar

import msgspec
from msgspec.structs import replace

from domain.record import Refused

V = TypeVar("V")


class Versions(msgspec.Struct, Generic[V], frozen=True):
    """The state of a stream of versions, folded from its facts.

    version 1 > version 2 > ... ; each published whole ; any > withdrawn
    """

    versions: tuple[V, ...] = ()
    withdrawn: frozenset[int] = frozenset()

    @property
    def standing(self) -> dict[int, V]:
        return {number: it for number, it in enumerate(self.versions, 1) if number not in self.withdrawn}

    @property
    def status(self) -> str:
        return "published" if self.standing else "none"

    def followed_by(self, version: V) -> Self:
        return replace(self, versions=(*self.versions, version))

    def without(self, number: int) -> Self:
        return replace(self, withdrawn=self.withdrawn | {number})

    def check_next(self, code: str, number: int) -> None:
        """Raises Refused unless this is the next version number."""
        if number != (expected := len(self.versions) + 1):
            raise Refused(code, version=number, expected=expected)

    def check_standing(self, code: str, number: int) -> None:
        """Raises Refused unless a version of this number is in force."""
        if number not in self.standing:
            raise Refused(code, version=number, standing=sorted(self.standing))
