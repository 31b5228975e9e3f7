"""People by pseudonym as of any position, and figures that do not count them."""

from __future__ import annotations

from datetime import date

from domain.acts.person import (
    HoldPlaced,
    HoldReleased,
    PersonErased,
    PersonRead,
    PersonRestated,
    PersonSetApart,
    PseudonymIssued,
)
from domain.facts.helpdesk import CaseOpened
from projections import figures as evidence
from projections.definitions import INDICATORS
from projections.mirror import public_views
from projections.mirror.mirror import Mirror
from tests.mirrors import empty
from tests.projections.histories import History


def persons(mirror: Mirror, known: int | None = None) -> list[tuple[object, ...]]:
    with mirror.reading(known) as reading:
        rows = public_views.view(reading, "persons", {}).to_pylist()
    return [tuple(row[name] for name in ("pseudonym", "status", "fields", "holds", "readings")) for row in rows]


def test_a_person_is_listed_as_of_any_position() -> None:
    history, mirror = History(), empty()
    for fact in (
        PseudonymIssued(fields=("name_ko",)),
        PersonRestated(fields=("email", "name_ko")),
        HoldPlaced(law="a", until=date(2030, 1, 1)),
        HoldPlaced(law="b"),
        PersonSetApart(basis="PIPA 36"),
        PersonSetApart(basis="PIPA 36"),
        PersonRead(purpose="audit", fields=("email",), basis="a"),
        HoldReleased(law="a"),
        HoldReleased(law="b"),
        PersonErased(basis="PIPA 36"),
    ):
        history.add("person:p-1", fact)
    mirror.apply(history.page())
    both = ["a until 2030-01-01", "b"]
    assert [persons(mirror, known) for known in (0, 1, 2, 4, 7, 8, 10)] == [
        [],
        [("p-1", "issued", ["name_ko"], [], 0)],
        [("p-1", "issued", ["email", "name_ko"], [], 0)],
        [("p-1", "issued", ["email", "name_ko"], both, 0)],
        [("p-1", "apart", ["email", "name_ko"], both, 1)],
        [("p-1", "apart", ["email", "name_ko"], ["b"], 1)],
        [("p-1", "erased", [], [], 1)],
    ]


def test_no_figure_and_no_period_counts_acts_about_people() -> None:
    history = History()
    history.add("case:1", CaseOpened(topic="visa"))
    figures = []
    for _ in range(2):
        mirror = empty()
        mirror.apply(history.page())
        with mirror.reading() as reading:
            found = [evidence.figures(reading, it, ("period",), {}).to_pylist() for it in INDICATORS.values()]
            figures.append((found, public_views.view(reading, "period", {}).column("period").to_pylist()))
        history.add("person:p-1", PseudonymIssued(), 1900)
        history.add("person:p-1", PersonRead(purpose="x", fields=()), -9000)
    assert figures[0] == figures[1]
