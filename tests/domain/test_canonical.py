"""Canonical JSON and samples: what anybody makes again with other tools."""

from __future__ import annotations

import hashlib
import json

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.canonical import EXACT, canonical
from domain.sampling import draw

keys = st.text(st.characters(max_codepoint=127))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(1 - EXACT, EXACT - 1), st.text()),
    lambda inner: st.lists(inner) | st.dictionaries(keys, inner),
)


@given(values)
def test_canonical_json_is_what_another_writer_makes(value: object) -> None:
    other = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert canonical(value) == other.encode()


@pytest.mark.parametrize("value", [1.5, {"a": [0.0]}, 2**53, {"키": 1}])
def test_what_has_no_one_form_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="canonical JSON"):
        canonical(value)


@given(st.sets(st.integers(1, 10**6)), st.text(), st.integers(0, 50))
def test_a_sample_is_drawn_the_same_whatever_the_order_and_is_of_the_population(
    population: set[int], seed: str, size: int
) -> None:
    sample = draw(sorted(population), seed, size)
    assert sample == draw(sorted(population, reverse=True), seed, size)
    assert set(sample) <= population
    assert len(sample) == min(size, len(population))


def test_a_larger_sample_of_the_same_seed_goes_on_from_the_smaller() -> None:
    assert set(draw(range(100), "7", 5)) <= set(draw(range(100), "7", 20))
    assert draw(range(100), "7", 5) != draw(range(100), "8", 5)


def test_plain_sql_draws_the_same_sample() -> None:
    sql = "SELECT i FROM range(1, 500) AS t (i) ORDER BY sha256(concat('a seed', ':', i)) LIMIT 9"
    assert tuple(sorted(i for (i,) in duckdb.execute(sql).fetchall())) == draw(range(1, 500), "a seed", 9)
    assert hashlib.sha256(b"a seed:1").hexdigest() == duckdb.execute("SELECT sha256('a seed:1')").fetchall()[0][0]
