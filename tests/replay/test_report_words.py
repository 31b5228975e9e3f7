"""What a report calls countries, and how it tells what people wrote in one language."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from domain.redaction import REDACTED
from domain.vocabulary import COUNTRIES
from domain.words import HANGUL
from replay.report.content import as_withdrawn, text_in_both
from replay.report.countries import country_name
from replay.report.numbers import exact, figure_told, moved, places_apart, told_apart, unit_in_report

AT = datetime(2025, 9, 1, tzinfo=UTC)


def test_every_country_of_the_list_has_a_name_in_both_languages() -> None:
    for code in COUNTRIES.codes:
        ko, en = country_name(code)
        assert HANGUL.search(ko), code
        assert en != code, code
        assert not HANGUL.search(en), code
    assert country_name("BE") == ("벨기에", "Belgium")
    assert country_name("KR").en == "Republic of Korea", "as the government writes it"
    assert country_name("AN").en == "Netherlands Antilles", "a code that was withdrawn"
    assert country_name("ZZZ") == ("ZZZ", "ZZZ")


def test_a_text_is_quoted_in_the_language_in_which_nobody_wrote_it() -> None:
    assert text_in_both("늦은 기록", "late entries") == ("늦은 기록", "late entries")
    assert text_in_both("늦은 기록") == ("늦은 기록", "“늦은 기록” (as written)")
    assert text_in_both("late entries") == ("“late entries”(원문)", "late entries")
    assert text_in_both(None) == ("", "")
    assert text_in_both(REDACTED) == (REDACTED, REDACTED)


def test_the_reason_of_a_withdrawal_is_quoted_in_both_languages() -> None:
    ko, en = as_withdrawn(AT, "it told of few persons")
    assert ko == "공표 철회 2025-09-01 09:00:00(서울). 철회 사유: “it told of few persons”(원문)"
    assert en == "Withdrawn 2025-09-01 09:00:00 (Seoul). Reason: “it told of few persons” (as written)"
    assert "법령" in as_withdrawn(AT, REDACTED)[0]


def test_figures_that_differ_are_told_to_as_many_decimals_as_it_takes() -> None:
    assert places_apart(Decimal("1.23"), Decimal("1.24")) == 2
    assert places_apart(Decimal("1.2301"), Decimal("1.2302")) == 4
    assert places_apart(Decimal("1.23"), Decimal("1.23")) == 2


def test_money_is_told_in_the_part_of_won_that_each_language_reads_and_all_of_it_is_at_hand() -> None:
    assert figure_told("12345678901", "KRW") == ("123.46", "12,345.68")
    assert unit_in_report("KRW") == ("억 원", "million KRW")
    assert exact("12345678901", "KRW") == ("12,345,678,901원", "12,345,678,901 KRW")
    assert figure_told("42", "project") == ("42", "42")
    assert exact("42", "project") is None


def test_a_change_of_money_is_the_difference_of_both_in_each_language() -> None:
    said = moved("4188493570", "5585882370", "1397388800", "KRW")
    assert [it.ko for it in said] == ["41.885", "55.859", "+13.974"], "and never 41.88, 55.86, +13.97"
    assert [it.en for it in said] == ["4,188.49", "5,585.88", "+1,397.39"]
    assert told_apart("12345678901", "12345678999", "KRW").ko == "123.456789"
