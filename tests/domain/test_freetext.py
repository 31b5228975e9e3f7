"""What is refused in a text, and what only looks like it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.acts.calendar import Opening, WorkCalendarPublished
from domain.acts.check_events import CheckOpened
from domain.acts.credential import CredentialIssued
from domain.acts.review import SubmissionReturned
from domain.facts.exchange import ExchangeNominated
from domain.facts.helpdesk import CaseReopened
from domain.facts.hub import HubLinked
from domain.facts.project import AgreementSigned, CreditShared, OutputReported, ProjectPartnerJoined, ProjectProposed
from domain.input_policy import free_text
from domain.record import Fact, Refused
from domain.registry import TYPES, EntryCorrected, EntryVoided
from domain.values import Money
from tests.domain.given import START
from tests.domain.numbers import FOUND, LET_PASS

TODAY = date(2026, 11, 24)
WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)


def numbered(born: date, sex_and_century: int, serial: int) -> str:
    """A resident number with its check digit, by the rule as it is published."""
    twelve = f"{born:%y%m%d}{sex_and_century}{serial:05}"
    total = sum(int(digit) * weight for digit, weight in zip(twelve, WEIGHTS, strict=True))
    return f"{born:%y%m%d}-{sex_and_century}{serial:05}{((11 if sex_and_century < 5 else 13) - total % 11) % 10}"


def rule(text: str, *, written: bool = True) -> str | None:
    """The rule that an event with this text is refused by, at its end of the road from the door."""
    fact: Fact = CaseReopened(why=text) if written else OutputReported(output=text, kind="OTHER")
    try:
        free_text.check_free_text("case:1", "hub/eu", "1", fact, TODAY)
    except Refused as found:
        refusal = found
    else:
        return None
    assert text not in f"{refusal} {refusal.facts}"
    return refusal.code.removeprefix("freetext.")


BIRTHS = st.dates(date(1912, 1, 1), TODAY - timedelta(days=1))
AROUND = st.sampled_from(["{}", "주민번호 {}", "({})", "번호는 {}입니다", "of {}, born"])


@given(BIRTHS, st.booleans(), st.integers(0, 99_999), st.booleans(), AROUND)
def test_every_resident_and_foreigner_number_is_refused_with_its_dash_and_without(born, foreign, serial, male, around):
    digit = (7 if foreign else 3) if born.year >= 2000 else (5 if foreign else 1)
    number = numbered(born, digit + (not male), serial)
    for text in (number, number.replace("-", ""), number.replace("-", " - "), number.translate(FULL_WIDTH)):
        assert rule(around.format(text)) == "resident_number"


FULL_WIDTH = str.maketrans("0123456789-", "０１２３４５６７８９－")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("born 900101-1234568", "resident_number"),
        ("issued since October 2020, without a check digit: 210315-3123456", "resident_number"),
        ("write to a.b+c@kaist.ac.kr", "e_mail"),
        ("홍길동@korea.kr 로 회신", "e_mail"),
        ("name ＠ korea.kr is name＠korea.kr", "e_mail"),
        ("jane (at) uni-bonn (dot) de", "e_mail"),
        ("paid with 4111-1111-1111-1111", "bank_card"),
        ("paid with 4111111111111111.", "bank_card"),
        ("3782 822463 10005", "bank_card"),
        ("여권 M12345678", "passport_number"),
        ("M123A4567", "passport_number"),
        ("passport no. 123456789", "passport_number"),
        ("010-2345-6789", "phone_number"),
        ("연락처010 2345 6789", "phone_number"),
        ("01023456789로 전화", "phone_number"),
        ("010–2345–6789", "phone_number"),
        ("(02) 2110-1234", "phone_number"),
        ("031)123-4567", "phone_number"),
        ("070-1234-5678", "phone_number"),
        ("전화 02-2025-1234", "phone_number"),
        ("+82 10-2345-6789", "phone_number"),
        ("+32 2 555 12 34", "phone_number"),
        ("+1 (212) 555-1234", "phone_number"),
        ("0082-10-2345-6789", "phone_number"),
        ("tel: 212-555-1234", "phone_number"),
    ],
)
def test_what_finds_a_person_is_refused_by_its_rule(text, expected):
    assert rule(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "10.1016/j.jclepro.2019.01.012",
        "10.1016/S0140-6736(20)30183-5",
        "특허 10-2021-0012345, 등록 10-1234567",
        "NTIS 1711112345",
        "NRF-2021R1A2C1234567, RS-2023-00212345, 제2024-12호",
        "법인 110111-4107354, 사업자 123-45-67890",
        "110111-1129497",
        "ORD-20250301-000123 / D20250301 / S20241206",
        "2025-03-03 09:00 ~ 2025-03-05 18:00",
        "2025-03-01T10:00:00+09:00 (UTC +9 2025-03-01 10:00)",
        "전화 2025-03-01 14:00 통화함, 연락처 확인",
        "전화상담 건, 접수번호 20251234567",
        "1,234,567,890원, EUR 12 345 678,90, +20000000 KRW, 12345678901234",
        "02-2025-0001 과제의 연구비",
        "0000-0002-1825-0097",
        "ISBN 978-89-960000-0-0, 8801234567893",
        "1700000000000 ms, 3.14159265358979",
        "git tag user@host, @mention",
        "the hotel 2025-0301234 and the cell line 12345678",
    ],
)
def test_what_only_looks_like_it_is_let_pass(text):
    assert rule(text) is None
    assert rule(text[:200], written=False) is None


@pytest.mark.parametrize("text", FOUND)
def test_a_telephone_number_is_found_however_it_is_written(text):
    assert rule(text) == "phone_number"
    assert rule(f"연락은 {text} 으로") == "phone_number"


@pytest.mark.parametrize(
    "text", ["010\u200b2345\u200b6789", "010-\u00ad2345-6789", "010\n2345\n6789", "010\t2345 6789"]
)
def test_what_cannot_be_seen_in_a_number_hides_it_from_nobody(text):
    assert rule(f"연락은 {text} 으로") == "phone_number"


@pytest.mark.parametrize("text", LET_PASS)
def test_what_else_is_made_of_digits_is_let_pass(text):
    assert rule(text) is None
    assert rule(f"내용: {text} 참조") is None
    assert rule(text, written=False) is None


def test_numbers_of_every_country_are_found_as_somebody_elses_tables_write_them():
    """The example numbers of libphonenumber; let pass are those with fewer than eight digits, one that ends in four
    zeros as amounts do, and one that reads as a date."""
    tried = 0
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE):
            if (example := phonenumbers.example_number_for_type(region, kind)) is None:
                continue
            text = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
            if sum(it.isdigit() for it in text) < 8 or text.endswith("0000") or text == "+234 2033 12 3456":
                continue
            assert rule(text) == "phone_number", text
            tried += 1
    assert tried > 450


@given(st.dates(date(1990, 1, 1), date(2039, 12, 31)), st.integers(0, 999_999), st.integers(0, 10**12), st.data())
def test_dates_amounts_and_numbers_of_projects_orders_and_papers_are_never_refused(day, serial, amount, data):
    prefix = data.draw(st.sampled_from(["CASE", "ORD", "KR", "EU-BRU", "제"]))
    for text in (
        f"{day}", f"{day:%Y.%m.%d}", f"{day:%Y/%m/%d} 09:{serial % 60:02}", f"{day:%Y%m%d}-{serial:06}",
        f"{prefix}-{day.year}-{serial:06}", f"{prefix}{day:%Y%m%d}{serial:06}", f"10-{day.year}-{serial:07}",
        f"17{serial:08}", f"10.{1000 + serial % 9000}/j.x.{day:%Y.%m}.{serial:06}",
        f"{amount:,} KRW", f"{amount / 100:.2f} EUR", f"10.1016/S{serial:08}", f"RS-{day.year}-{serial:08}",
    ):  # fmt: skip
        assert rule(text) is None, text
        assert rule(f"내용: {text} 참조") is None, text
        assert rule(text, written=False) is None, text


@given(st.from_regex(r"[0-9]{10,18}", fullmatch=True))
def test_a_key_of_bare_digits_is_only_ever_taken_for_a_resident_number(text):
    assert rule(text, written=False) in (None, "resident_number")


@given(st.text(max_size=300) | st.text("0123456789-._~·+ ()@MATat", max_size=60), st.booleans())
def test_the_quick_look_lets_nothing_pass_that_a_rule_refuses(text, written):
    found = free_text.broken_rule(text, TODAY, written=written)
    quick = free_text._IN_TEXT.search(text) if written else free_text._suspicious(f"\n{text}")
    assert found is None or quick


NUMBER = "010-2345-6789"


@pytest.mark.parametrize(
    ("fact", "path"),
    [
        (ExchangeNominated(direction="INBOUND", purpose=NUMBER), "$.data.purpose"),
        (ExchangeNominated(direction="INBOUND", to_org=NUMBER), "$.data.to_org"),
        (ProjectProposed(title_en="t", partners=("p", NUMBER)), "$.data.partners[1]"),
        (SubmissionReturned(points=("fine", NUMBER)), "$.data.points[1]"),
        (HubLinked(other_centre="x", scope=NUMBER), "$.data.scope"),
        (AgreementSigned(ntis_no=NUMBER), "$.data.ntis_no"),
        (ExchangeNominated(direction="INBOUND", person="p-010-2345-6789"), "$.data.person"),
        (CreditShared(shares={"EU-BRU": Decimal("0.5"), NUMBER: Decimal("0.5")}), "$.data.shares"),
        (
            CheckOpened(period="2025S1", due_on=date(2025, 7, 15), hubs=("EU-BRU",), indicators={NUMBER: 1}),
            "$.data.indicators",
        ),
        (
            WorkCalendarPublished(
                version=1,
                tz="Asia/Seoul",
                weekly_open=(Opening(weekday=1, opens=NUMBER, closes="18:00"),),
                source="s",
            ),
            "$.data.weekly_open[0].opens",
        ),
        (CredentialIssued(role="analyst", digest="00" * 32, label=NUMBER), "$.data.label"),
        (EntryVoided(entry=1, reason="CLERICAL", note=NUMBER), "$.data.note"),
        (
            EntryCorrected(entry=1, reason="CLERICAL", occurred_at=START, data=CaseReopened(why=NUMBER)),
            "$.data.data.why",
        ),
    ],
)
def test_every_place_where_people_write_is_looked_at_and_named(fact: Any, path):
    with pytest.raises(Refused) as refusal:
        free_text.check_free_text("case:1", "s", "1", fact, TODAY)
    assert (refusal.value.code, refusal.value.facts) == ("freetext.phone_number", {"path": path})


@pytest.mark.parametrize(
    ("names", "path"),
    [
        (("case:010-2345-6789", "s", "1"), "$.subject"),
        (("case:1", "mailto:jane@uni.de", "1"), "$.source"),
        (("case:1", "s", "900101-1234568"), "$.id"),
        (("case:82-10-2345-6789", "s", "1"), "$.subject"),
        (("case:1", "s", "0032-2-555-12-34"), "$.id"),
        (("case:1", "desk/010 - 2345 - 6789", "1"), "$.source"),
    ],
)
def test_the_names_of_an_event_are_looked_at_too(names, path):
    stream, source, id_ = names
    with pytest.raises(Refused) as refusal:
        free_text.check_free_text(stream, source, id_, CaseReopened(why="x"), TODAY)
    assert refusal.value.facts == {"path": path}


def test_money_is_no_text_and_a_pseudonym_is_a_key():
    money = Money(amount=Decimal(4111111111111111), currency="EUR")
    free_text.check_free_text(
        "project:1", "s", "1", ProjectPartnerJoined(partner="p", role="JOINT", contribution=money), TODAY
    )
    free_text.check_free_text(
        "exchange:1", "s", "1", ExchangeNominated(direction="INBOUND", person="p-01023456789"), TODAY
    )


def test_every_type_is_one_that_can_be_looked_at():
    for type_ in TYPES.values():
        for name, *_ in free_text._fields(type_):
            assert name in {field.encode_name for field in msgspec.structs.fields(type_)}
