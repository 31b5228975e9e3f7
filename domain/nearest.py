"""The nearest word to one that nobody knows, for whoever mistyped it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

FEW = 40
"""So many words are listed where none is near."""
LONGEST = 100
"""No longer word is like one of ours, and to compare it would take long."""


class UnknownWord(ValueError):
    """A word that is none of those that may stand there. `near` are the nearest of them, the best first."""

    def __init__(self, what: str, word: str, known: Iterable[str]) -> None:
        words = sorted(known)
        self.near = nearest(word, words)
        mend = f"did you mean {' or '.join(self.near)}?" if self.near else f"there are {', '.join(words) or 'none'}"
        super().__init__(f"{what}; {mend}" if self.near or len(words) <= FEW else what)


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Up to three known words like this one, whatever their case, the best first."""
    if len(word) > LONGEST:
        return []
    folded = {it.casefold(): it for it in known}
    return [folded[it] for it in difflib.get_close_matches(word.casefold(), folded, 3)]
