"""Whether a query can have rows is told from its SQL, and never denied of one that has some."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from domain.registry import tag
from projections.definitions import IRREGULARITIES
from projections.mirror import emptiness
from projections.mirror.emptiness import Rows
from tests.projections.test_irregularities import CASES

THERE = frozenset({"case.opened", "project.proposed"})


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    emptiness.needs.cache_clear()
    yield
    emptiness.needs.cache_clear()


@pytest.mark.parametrize(
    ("query", "may"),
    [
        ("FROM case_opened", True),
        ("FROM record.case_opened AS said WHERE false", True),
        ("FROM case_closed", False),
        ("FROM event", True),
        ("FROM case_opened JOIN project_proposed USING (hub)", True),
        ("FROM case_opened JOIN case_closed USING (stream)", False),
        ("FROM case_opened, case_closed", False),
        ("FROM case_opened LEFT JOIN case_closed USING (stream)", True),
        ("FROM case_closed LEFT JOIN case_opened USING (stream)", False),
        ("FROM case_closed RIGHT JOIN case_opened USING (stream)", True),
        ("FROM case_closed FULL JOIN case_opened USING (stream)", True),
        ("FROM case_opened ANTI JOIN case_closed USING (stream)", True),
        ("FROM case_opened SEMI JOIN case_closed USING (stream)", False),
        ("FROM case_opened ASOF LEFT JOIN case_closed ON case_opened.position >= case_closed.position", True),
        ("FROM case_opened WHERE stream IN (SELECT stream FROM case_closed)", True),
        ("FROM case_closed UNION ALL SELECT * FROM case_opened", True),
        ("FROM case_closed UNION ALL FROM case_resolved", False),
        ("FROM case_opened EXCEPT FROM case_closed", True),
        ("FROM case_opened INTERSECT FROM case_closed", False),
        ("SELECT count(*) FROM case_closed", True),
        ("SELECT 1 + max(position) FROM case_closed", True),
        ("SELECT hub, count(*) FROM case_closed GROUP BY hub", False),
        ("SELECT hub, count(*) FROM case_closed GROUP BY GROUPING SETS ((), (hub))", True),
        ("SELECT row_number() OVER (ORDER BY position) FROM case_closed", False),
        ("FROM case_closed HAVING count(*) = 0", True),
        ("WITH of_hub AS (FROM case_closed) FROM of_hub", False),
        ("WITH RECURSIVE far AS (FROM case_closed UNION ALL SELECT far.* FROM far) FROM far", False),
        ("FROM first_per_stream('case_opened')", True),
        ("FROM last_per_stream('case_closed')", False),
        ("WITH mine AS (FROM case_closed) FROM last_per_stream('mine')", False),
        ("FROM (VALUES (1)) AS one (n)", True),
        ("FROM generate_series(1, 2)", True),
        ("SELECT 1", True),
        ("FROM case_absorbed", False),
        ("FROM what_nobody_made", True),
    ],
)
def test_a_query_wants_what_it_is_made_from(query: str, may: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    views = emptiness._views() | emptiness._parsed({"asked": query})
    monkeypatch.setattr(emptiness, "_views", lambda: views)
    assert Rows(THERE).may_have("asked") == may


def test_a_table_that_is_known_to_be_empty_has_no_rows_and_a_view_of_its_name_may() -> None:
    rows = Rows(THERE, {"case_topic"})
    assert not rows.may_have("case_topic")
    assert rows.may_have("main.case_topic")


@pytest.mark.parametrize(("code", "happened", "found"), [case[:3] for case in CASES], ids=[case[0] for case in CASES])
def test_no_rule_is_left_out_that_finds_something(
    code: str, happened: list[tuple[str, object, float]], found: list[int]
) -> None:
    types = frozenset(tag(fact) for _, fact, _ in happened)  # type: ignore[arg-type]
    assert not found or Rows(types).may_have(IRREGULARITIES[code].view)
