"""The nearest known word to an unknown one, as help after a typing error."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from contextvars import ContextVar

from domain.messages import Message, sentence
from domain.phrase import any_of

FEW = 40
"""How many words are listed if none is near."""
LONGEST = 100
"""No longer word resembles one of ours, and comparing it would take long."""
COMPARED = 20_000
"""How many pairs of words are compared for one request, or one recorded group: a third of a second's work."""


class UnknownWord(Message, ValueError):
    """A word that is not one of the allowed ones; `which` says what it should be (`word/…` of the catalogue).

    `near` are the nearest of them, the best first.
    """

    def __init__(self, which: str, word: str, known: Iterable[str], /, **facts: object) -> None:
        super().__init__("word", which, **facts)
        words = sorted(known)
        self.near = nearest(word, words)
        mended = "near" if self.near else "" if len(words) > FEW else "there" if words else "none"
        what = sentence("word", which, **facts)
        self.saying(sentence("word", mended, what=what, near=any_of(self.near), there=words))


class BoundedComparisons:
    """Inside it, `nearest` compares COMPARED pairs of words and then finds nothing near: a client that posts ten
    thousand unknown words waits no longer than others. It holds the results, and how many pairs are left."""

    __slots__ = ("_token", "left", "made")

    def __enter__(self) -> None:
        self.left = COMPARED
        self.made: dict[tuple[str, frozenset[str], float], list[str]] = {}
        self._token = _bounded.set(self)

    def __exit__(self, *_: object) -> None:
        _bounded.reset(self._token)


_bounded: ContextVar[BoundedComparisons | None] = ContextVar("comparisons of words", default=None)


def nearest(word: str, known: Collection[str], cutoff: float = 0.6) -> list[str]:
    """Up to three known words like this one, whatever their case, the best first.

    `cutoff` is the least similarity: 1 is the same word.
    """
    if len(word) > LONGEST or not known:
        return []
    if (bounded := _bounded.get()) is None:
        return _like(word, known, cutoff)
    key = (word, frozenset(known), cutoff)
    if key not in bounded.made:
        if bounded.left < len(known):
            return []
        bounded.left -= len(known)
        bounded.made[key] = _like(word, known, cutoff)
    return bounded.made[key]


def _like(word: str, known: Iterable[str], cutoff: float) -> list[str]:
    folded = {it.casefold(): it for it in known}
    return [folded[it] for it in difflib.get_close_matches(word.casefold(), folded, 3, cutoff)]
