"""Every indicator says in two languages what it means, and which way is better."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from domain.words import TERMS
from projections.definitions import INDICATORS, QUALITATIVE, VERSIONS

HANGUL = range(ord("가"), ord("힣") + 1)


@pytest.mark.parametrize("it", VERSIONS.values(), ids=lambda it: f"{it.code}/{it.version}")
def test_each_part_of_a_definition_is_said_in_korean_and_in_english(it) -> None:
    for language in ("ko", "en"):
        for text in msgspec.structs.astuple(it.definition[language]):
            assert text.endswith("."), text
            assert any(ord(letter) in HANGUL for letter in text) == (language == "ko"), text


def test_each_function_of_a_hub_has_a_qualitative_indicator() -> None:
    families = {code.partition("-")[0] for code, _ in QUALITATIVE}
    assert families == {"HD", "JR", "EX", "DX", "NW"}
    assert not {code for code, _ in QUALITATIVE} & INDICATORS.keys()


@pytest.mark.parametrize("it", QUALITATIVE.values(), ids=lambda it: it.code)
def test_a_qualitative_indicator_is_defined_in_both_languages(it) -> None:
    assert all(text.endswith(".") for said in it.definition.values() for text in msgspec.structs.astuple(said))


def test_a_unit_is_called_in_korean() -> None:
    assert {it.unit for it in VERSIONS.values() if it.unit_ko == it.unit} == {"%", "TRL"}
    assert TERMS.units.keys() == {it.unit for it in VERSIONS.values()}


def test_versions_of_an_indicator_agree_on_which_way_is_better() -> None:
    assert {(it.code, it.better) for it in VERSIONS.values()} == {(it.code, it.better) for it in INDICATORS.values()}


@pytest.mark.parametrize(
    ("code", "value", "target", "attained"),
    [
        ("HD-03", "90", "90", True),
        ("HD-03", "89.999999", "90", False),
        ("HD-04", "120", "120", True),
        ("HD-04", "120.000001", "120", False),
        ("HD-01", "500", "400", None),
        ("HD-03", None, "90", None),
        ("HD-03", "90", None, None),
    ],
)
def test_a_target_is_attained_from_the_better_side(code, value, target, attained) -> None:
    told = (None if it is None else Decimal(it) for it in (value, target))
    assert INDICATORS[code].attains(*told) is attained
