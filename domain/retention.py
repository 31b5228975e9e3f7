"""Retention (보존기간): how long a stream is kept once it is completed. Data; nothing here deletes anything.

Classes are those of the enforcement decree of the Public Records Act, 26: permanent (영구), semi-permanent (준영구),
30, 10, 5, 3 and 1 years. They run from 1 January of the year after the one in which the matter was completed, in Seoul.
Which class a kind has is a proposal: the records schedule (기록관리기준표) of the institution prevails.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

Class: TypeAlias = Literal["permanent", "semi-permanent", "30 years", "10 years", "5 years", "3 years", "1 year"]

YEARS: dict[Class, int | None] = {
    "permanent": None,
    "semi-permanent": None,
    "30 years": 30,
    "10 years": 10,
    "5 years": 5,
    "3 years": 3,
    "1 year": 1,
}
"""Longest first. None if a stream is never due for destruction."""


class Schedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The class of a stream by its kind and by what is on it, and the facts that complete a matter or reopen it."""

    completes: frozenset[str]
    reopens: frozenset[str]
    by_kind: dict[str, Class]
    by_type: dict[str, Class]


SCHEDULE = msgspec.toml.decode(Path(__file__).with_name("retention.toml").read_bytes(), type=Schedule)
