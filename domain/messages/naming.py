"""The Korean names of the codes among the facts of a sentence; English shows the code, which is a word of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from domain.phrase import Phrase

ROLES = ("role", "may", "whose", "scoped")
"""Facts that are one or several roles of a credential."""

NAMED = frozenset({*ROLES, "type", "status", "phase"})


def with_names(code: str, facts: Mapping[str, object]) -> Mapping[str, object]:
    """The facts of a sentence of a `code`, with names for the roles, types and statuses among them. Sentences about a
    table or a mapping say types as those do."""
    return {**facts, **dict(_names(code.partition(".")[0], facts))} if NAMED & facts.keys() else facts


def _names(kind: str, facts: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    # Words are read here: a program that never refuses does not need them.
    from domain.descriptions import described
    from domain.words import STREAMS, VALUES

    def role(it: object) -> object:
        return Phrase(VALUES["role"][it].ko, it) if isinstance(it, str) and it in VALUES["role"] else it

    judged = (*STREAMS.kinds, "authority", "stream", "redaction")
    for name in NAMED & facts.keys():
        it = facts[name]
        if name in ROLES:
            yield name, [role(one) for one in it] if isinstance(it, list) else role(it)
        elif name == "type" and isinstance(it, str) and kind in judged and (about := described().get(it)):
            yield name, Phrase(f"{about.title}({it})", it)
        elif name in ("status", "phase") and isinstance(it, str):
            of = "check" if name == "phase" else kind
            if of in STREAMS.kinds and (said := STREAMS.of(of, it)):
                yield name, Phrase(said.ko, it)
