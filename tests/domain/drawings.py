"""The state diagrams of `docs/states.md`, drawn from what folds and rules do: `python -m tests.written`.

Every type of a kind is tried in every status that the fold can have, acts by everybody who may make one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple, get_args, get_type_hints

from domain import history, registry
from domain.descriptions import described
from domain.facts.helpdesk import CaseOpened
from domain.record import Fact, Recorded
from domain.registry import FACTS, KINDS, TYPES, EntryCorrected, EntryRedacted, EntryVoided
from domain.words import STREAMS
from tests.domain.given import START, entry
from tests.domain.test_transitions import explored

HERE = Path(__file__).parent
FILE = HERE.parents[1] / "docs/states.md"
SAMPLES = {
    registry.tag(fact): fact
    for fact in (registry.entries.decode(line).fact for line in (HERE / "golden.ndjson").read_bytes().splitlines())
}
"""A stored fact of every type."""

HEAD = """\
# State diagrams (상태도)

Where a stream of each kind stands, and what leads there. This file is made from the code: `python -m
tests.written` writes it, `tests/domain/test_drawings.py` fails where it is not current.

Facts of the world (업무 기록) are told in any order and never refused. They fold in the order in which they take
effect, and what is of an earlier stage takes nothing back; so a fact leads to its status from every stage before it.
The diagrams show the way from the stage just before, and *any* where a type leads on from everywhere or to everywhere;
the tables tell the rest: a dot leaves the status as it is. Acts (점검·위원회 절차 기록) are judged: where a table has
a dash, the act is refused.

업무 기록은 어떤 순서로든 기록되며 거부되지 않습니다. 효력일 순으로 반영하고, 앞 단계의 기록은 뒤 단계를
되돌리지 않습니다. 표의 점(·)은 상태가 그대로임을, 줄표(–)는 거부됨을 뜻합니다.
"""


class Lead(NamedTuple):
    """From which status which type leads to which."""

    status: str
    type: str
    after: str


def leads(kind: str) -> set[Lead]:
    """All that is possible on a stream of a kind; `entry` is of a single entry of the world."""
    return _of_entries() if kind == "entry" else _of_facts(kind) if kind in FACTS else _of_acts(kind)


def _of_facts(kind: str) -> set[Lead]:
    """States that no single fact tells apart are one."""
    facts = {type_: fact for type_, fact in SAMPLES.items() if type_.startswith(f"{kind}.")}
    found, seen, ahead = set[Lead](), set[tuple[str, ...]](), [KINDS[kind].initial]
    while ahead:
        state = ahead.pop()
        then = {type_: KINDS[kind].evolve(state, entry(fact, stream=f"{kind}:1")) for type_, fact in facts.items()}
        if (told := (state.status, *(it.status for it in then.values()))) not in seen:
            seen.add(told)
            ahead += then.values()
            found |= {Lead(state.status, type_, after.status) for type_, after in then.items()}
    return found


def _of_acts(kind: str) -> set[Lead]:
    states, after = explored(kind)
    return {
        Lead(states[name].status, f"{kind}.{what}", states[then].status)
        for name, them in after.items()
        for what, then in them
    }


def _of_entries() -> set[Lead]:
    """What restates an entry, by what then holds of it."""
    found, ahead = set[Lead](), [("none", list[Fact]([CaseOpened(topic="tax")]))]
    restate: tuple[Fact, ...] = (
        EntryCorrected(entry=1, reason="CLERICAL", occurred_at=START, data=CaseOpened(topic="visa")),
        EntryVoided(entry=1, reason="CLERICAL"),
        EntryRedacted(entry=1, fields=("topic",), basis="x"),
    )
    while ahead:
        before, told = ahead.pop()
        rows = [Recorded(n, entry(it, hour=n, version=n)) for n, it in enumerate(told, 1)]
        held = history.effective(rows, now=START + timedelta(days=1))
        status = "voided" if not held else "recorded" if held[0].entry.fact == told[0] else "corrected"
        new = before != "none" and Lead(before, registry.tag(told[-1]), status)
        if new not in found:
            ahead += [(status, [*told, it]) for it in restate]
            found |= {new} if new else set()
    return found


def stages(kind: str) -> Mapping[str, int]:
    """The stage of each status of a kind that has any; a class is given to what is proposed."""
    known: dict[str, int] = getattr(KINDS.get(kind), "STAGES", {})
    return known | ({"classified": known["proposed"]} if kind == "project" else {})


def statuses(found: Iterable[Lead], kind: str) -> list[str]:
    """All statuses, in the order of the catalogue, or where it is the general one, of the type."""
    names = {it.status for it in found} | {it.after for it in found}
    own = STREAMS.statuses.get(kind) or get_args(get_type_hints(type(KINDS[kind].initial))["status"])
    return sorted(names, key=[*STREAMS.statuses["every"], *own].index)


ANY = "any"
FEW = 3
"""From so many statuses arrows are drawn one by one."""


def arrows(kind: str, found: set[Lead]) -> dict[tuple[str, str], list[str]]:
    """What is drawn: from a status to another, the types that lead there."""
    drawn: dict[tuple[str, str], set[str]] = defaultdict(set)
    if kind not in FACTS:
        for it in found:
            drawn[it.status, it.after].add(it.type)
        return {at: sorted(drawn[at]) for at in sorted(drawn)}
    stage, all_ = stages(kind), {it.status for it in found}
    for type_ in {it.type for it in found}:
        moves = {(it.status, it.after) for it in found if it.type == type_ and it.status != it.after}
        if not moves:
            drawn[ANY, ANY].add(type_)
        for status in {first for first, _ in moves if len({then for it, then in moves if it == first}) > FEW}:
            drawn[status, ANY].add(type_)
            moves = {it for it in moves if it[0] != status}
        for after in {then for _, then in moves}:
            sources = {status for status, then in moves if then == after}
            everywhere = sources == all_ - {after} and len(sources) > FEW
            if everywhere:
                drawn[ANY, after].add(type_)
            if not everywhere or sources | {after} <= stage.keys():
                for status in _near(sources, after, stage, same=not everywhere):
                    drawn[status, after].add(type_)
    return {at: sorted(drawn[at]) for at in sorted(drawn)}


def _near(sources: set[str], after: str, stage: Mapping[str, int], *, same: bool) -> set[str]:
    """Of the statuses that lead to one, those of the stage just before it; where `same`, of its own and later ones."""
    if not sources | {after} <= stage.keys():
        return sources
    before = max((stage[it] for it in sources if stage[it] < stage[after]), default=-1)
    return {it for it in sources if stage[it] == before or (same and stage[it] >= stage[after])}


def diagram(kind: str) -> Iterator[str]:
    found = leads(kind)
    names, drawn = statuses(found, kind), arrows(kind, found)
    yield "```mermaid"
    yield "stateDiagram-v2"
    for name in names:
        ko, en = STREAMS.status(kind, name)
        yield f'    state "{ko} · {en}" as {name}'
    if any(ANY in at for at in drawn):
        yield f'    state "모든 상태 · any" as {ANY}'
    first = "recorded" if kind == "entry" else KINDS[kind].initial.status
    yield f"    [*] --> {first}"
    for (status, after), types in drawn.items():
        yield f"    {status} --> {after}: {'<br/>'.join(types)}"
    yield "```"


def table(kind: str) -> Iterator[str]:
    """Of every type on which a status depends, where it leads from each status."""
    found = leads(kind)
    names, left = statuses(found, kind), still(kind)
    told: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for it in found:
        told[it.type][it.status].add(it.after)
    yield f"| | {' | '.join(names)} |"
    yield "|---|" + "---|" * len(names)
    for type_ in (it for it in TYPES if it in told and it not in left):
        cells = (_cell(name, told[type_].get(name, set())) for name in names)
        yield f"| `{type_}` {described()[type_].title} | {' | '.join(cells)} |"


def _cell(status: str, after: set[str]) -> str:
    said = sorted(after - {status}) + (["·"] if status in after else [])
    return ", ".join(said) or "–"


def still(kind: str) -> list[str]:
    """Types that leave every status as it is."""
    found = leads(kind)
    moving = {it.type for it in found if it.status != it.after}
    return [it for it in TYPES if it.startswith(f"{kind}.") and it not in moving] if kind in FACTS else []


def document() -> str:
    """The whole of the file."""
    lines = [HEAD]
    for kind in ("entry", *KINDS):
        ko, en = STREAMS.kinds[kind]
        lines += [f"## `{kind}` {ko} · {en}", "", *diagram(kind), "", *table(kind), ""]
        if left := still(kind):
            names = ", ".join(f"`{it}` {described()[it].title}" for it in left)
            lines += [f"No status depends on (상태에 영향 없음): {names}.", ""]
    return "\n".join(lines)
