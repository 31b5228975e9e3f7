"""Columns of every public view are called something in Korean and in English."""

from __future__ import annotations

import re

import pytest

from projections.column_titles import column_title
from projections.definitions import INDICATORS, READERS

THE_SAME = {"id", "pid", "krw"}


@pytest.mark.parametrize("view", sorted(READERS))
def test_every_column_of_a_view_has_a_title_in_both_languages(view: str) -> None:
    for name in sorted(READERS[view].named):
        title = column_title(name, view)
        assert re.search("[가-힣]", title.ko) or name in THE_SAME, f"{view}.{name}: say it in domain/words/columns.toml"
        assert not re.search("[가-힣_]", title.en), f"{view}.{name}: {title.en}"
        assert len(title.ko) <= 24, f"{view}.{name}: {title.ko} is too long for a head"


def test_the_column_of_an_indicator_is_called_by_its_code_and_name() -> None:
    it = INDICATORS["HD-01"]
    assert column_title(it.column) == (f"HD-01 {it.ko}", f"HD-01 {it.en}")


def test_a_view_may_call_a_column_otherwise_and_one_that_nobody_named_is_called_by_its_key() -> None:
    assert (column_title("score").ko, column_title("score", "cases").ko) == ("점수", "만족도")
    assert column_title("colour") == ("colour", "colour")
