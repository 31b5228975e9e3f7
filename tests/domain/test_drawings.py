"""The state diagrams are those of the code, and every kind, status and type is in one."""

from __future__ import annotations

import re

import pytest

from domain.registry import KINDS, TYPES
from domain.words import STREAMS, TERMS
from tests.domain.drawings import FILE, Lead, diagram, document, leads, table
from tests.domain.test_transitions import COURSES, LEADS, OTHERWISE, POINTS

NO_STREAM = "entry"


def test_the_file_of_state_diagrams_is_current() -> None:
    assert FILE.read_text(encoding="utf-8") == document(), "python -m tests.written writes it"


def test_every_type_is_in_the_diagram_of_its_kind() -> None:
    for kind in (NO_STREAM, *KINDS):
        drawn = set(re.findall(r"\b[a-z_]+\.[a-z_]+\b", "\n".join(diagram(kind))))
        assert drawn == {type_ for type_ in TYPES if type_.startswith(f"{kind}.")}, kind


def test_every_status_of_every_kind_is_drawn_with_its_name_and_no_other_is_named() -> None:
    assert STREAMS.kinds.keys() == {NO_STREAM, *KINDS}
    assert STREAMS.statuses.keys() | {"review", "finding"} == {NO_STREAM, "every", *KINDS}
    standings = set[str]()
    for kind in (NO_STREAM, *KINDS):
        names = {it.status for it in leads(kind)} | {it.after for it in leads(kind)}
        own = STREAMS.statuses.get(kind)
        assert own is None or own.keys() == names - {"none"}, kind
        standings |= set() if own else names - {"none"}
        for name in names:
            ko, en = STREAMS.status(kind, name)
            assert f'state "{ko} · {en}" as {name}' in "\n".join(diagram(kind))
    assert standings <= TERMS.standings.keys()


@pytest.mark.parametrize("kind", COURSES)
def test_facts_of_the_world_are_drawn_as_the_table_of_transitions_has_them(kind: str) -> None:
    found = leads(kind)
    for status in COURSES[kind]:
        for type_ in TYPES:
            named, _, what = type_.partition(".")
            if named == kind:
                after = OTHERWISE.get((kind, status, what), LEADS[kind].get(what, status))
                assert Lead(status, type_, after) in found


@pytest.mark.parametrize("kind", POINTS)
def test_acts_are_drawn_as_the_table_of_transitions_has_them(kind: str) -> None:
    possible = {
        Lead(point.partition(",")[0], f"{kind}.{what}", after)
        for point, (_, them) in POINTS[kind].items()
        for what, after in them.items()
    }
    assert leads(kind) == possible


def test_what_a_status_refuses_is_a_dash_and_what_stays_a_dot() -> None:
    rows = {row.split("`")[1]: row for row in table("credential") if "`" in row}
    assert rows["credential.revoked"].endswith("| – | revoked | – |")
    assert "| `hub.suspended` 지정 정지 | suspended | suspended | · | · |" in [*table("hub")]
