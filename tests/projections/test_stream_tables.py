"""Evidence in parts: what streams that come together make alone is what they make among all others."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from domain.facts.exchange import ExchangeOutputLinked, ExchangeReturned
from domain.facts.expansion import ContractSigned
from domain.facts.project import FollowOnLinked, OutputReported, OutputVerified, ProjectCompleted
from domain.values import Money
from projections.definitions import VERSIONS, Indicator
from projections.figures import amount_columns
from projections.mirror.figure_tables import STAGES
from projections.mirror.parts import PARTS, parts_of
from projections.mirror.shared_sql import name_of
from projections.mirror.snapshot import Reading
from projections.mirror.stream_tables import STEP, Step, evidence_of, streams_together
from tests.mirrors import empty
from tests.projections.histories import History, day, histories

NAMED = {name_of(it): it for it in VERSIONS.values()}
PERIODS = ("2024S1", "2024S2", "2025S1", "2025S2", "2026S1")


def whole(reading: Reading, it: Indicator) -> Counter[Any]:
    columns = ", ".join(("position", "period", *amount_columns(it)))
    found = reading.rows(f"SELECT {columns} FROM {reading.of(it.view)} WHERE period IN {PERIODS}")
    return Counter(found)


def alone(reading: Reading, it: Indicator) -> Counter[Any]:
    parts = parts_of(it)
    assert parts
    streams = [name for (name,) in reading.rows("SELECT DISTINCT stream FROM record.event ORDER BY stream")]
    mine = [name for name in streams if name.partition(":")[0] in parts.kinds or parts.kinds == ("entry",)]
    for table in parts.apart:
        mine += [name for (name,) in reading.rows(f"SELECT DISTINCT {parts.stream_of(table)} FROM record.{table}")]
    together = sorted({*streams_together(reading, parts, mine).values()})
    steps = [Step(number, part, reading.position) for number, part in enumerate(together, 1)]
    found: Counter[Any] = Counter()
    with evidence_of(reading, parts, steps, [it]) as evidence:
        for period in PERIODS:
            for row in evidence.rows(it, period).to_pylist():
                columns = ("period", *amount_columns(it))
                if row["key"] and row["key"].startswith(("expansion:", "project:")):  # a key made of a stream
                    row["key"] = re.sub(r"@\d+", "", row["key"])
                found[(row["position"] % STEP, *(row[name] for name in columns))] += 1
    return found


def test_what_is_in_parts_is_named_by_tables_that_there_are() -> None:
    assert PARTS.keys() <= {*NAMED, *STAGES}


def test_a_formula_that_nobody_named_is_one_whole() -> None:
    strange = Indicator(
        **{**{it: getattr(VERSIONS["HD-01", 1], it) for it in Indicator.__struct_fields__}, "version": 9}
    )
    assert parts_of(strange) is None


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(history=histories(), data=st.data())
def test_parts_alone_make_the_rows_that_they_make_among_all(history: History, data: st.DataObject) -> None:
    mirror = empty(threads=1)
    mirror.apply(history.page())
    known = data.draw(st.integers(1, mirror.position), "known")
    with mirror.reading() as now, mirror.reading(known) as then:
        for name in data.draw(
            st.lists(st.sampled_from(sorted(PARTS.keys() & NAMED)), min_size=6, max_size=6, unique=True), "of"
        ):
            for reading in (now, then._replace(position=known)):
                assert alone(reading, NAMED[name]) == whole(reading, NAMED[name]), name
    mirror.close()


@pytest.fixture
def joined() -> History:
    """Two projects with one paper, a stay that names one of them, and two companies with one contract."""
    history = History()
    for name in ("project:1", "project:2"):
        history.add(name, OutputReported(output="o", kind="PAPER", pid="10.1000/X", countries=("KR", "DE")), 10)
        history.add(name, OutputVerified(output="o", method="m"), 20)
        history.add(f"expansion:{name[-1]}", ContractSigned(contract_ref="c", money=Money(Decimal(1), "KRW")), 30)
    history.add("exchange:1", ExchangeReturned(on=day(2)), 40)
    history.add("exchange:1", ExchangeOutputLinked(project="2", output="o"), 50)
    return history


@pytest.mark.parametrize(
    ("code", "stream", "together"),
    [
        ("JR-06", "project:1", ("project:1", "project:2")),
        ("DX-02", "expansion:2", ("expansion:1", "expansion:2")),
        ("EX-03", "exchange:1", ("exchange:1", "project:2")),
        ("HD-01", "case:1", ("case:1",)),
    ],
)
def test_streams_that_say_the_same_name_are_one_part(joined: History, code: str, stream: str, together: Any) -> None:
    mirror = empty()
    mirror.apply(joined.page())
    parts = parts_of(VERSIONS[code, 1])
    assert parts
    with mirror.reading() as reading:
        assert streams_together(reading, parts, [stream])[stream] == together
        for other in ("JR-06", "DX-02"):
            it = VERSIONS[other, 1]
            assert sum(whole(reading, it).values()) == 1
            assert alone(reading, it) == whole(reading, it)


def test_a_project_that_names_itself_does_so_in_its_part_too() -> None:
    history = History()
    history.add("project:1", ProjectCompleted(), -24 * 300)
    history.add("project:1", FollowOnLinked(project="1"), -24 * 250)
    mirror = empty()
    mirror.apply(history.page())
    with mirror.reading() as reading:
        (row,) = alone(reading, VERSIONS["JR-10", 3])
        assert {row} == whole(reading, VERSIONS["JR-10", 3]).keys()
        assert row[2] == 0
    mirror.close()
