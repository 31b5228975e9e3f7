"""The catalogue of words: both languages everywhere, Korean as public administration writes it, particles that fit."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from domain import words
from domain.descriptions import common_fields, described
from domain.josa import PAIRS, particle
from domain.messages import HELP, HERE, LIBRARIES, sentence, sentences
from domain.words import HANGUL, INDICATORS, PAGES, REPORT, TERMS, BadWords, Phrase, in_both
from projections.definition_files import BadDefinition
from projections.definitions import IRREGULARITIES, QUALITATIVE, VERSIONS, _check_words

ROOT = Path(__file__).parents[2]
README = ROOT / "replay" / "pack" / "readme"

REFUSED = {
    "반기별 점검 결과": "점검 결과",
    "90분위": "90백분위수",
    "현지화율": "현지법인 설립률",
    "뺄셈": "역산",
    "소수 셀": "소수 응답 셀",
    "판의 열쇠": "공표본 식별키",
    "열쇠": "공표본 식별키",
    "요약값": "해시값",
    "기록 위치": "기록 순번",
    "정정판": "정정공표(본)",
    "업무분": "근무시간(분)",
    "업무일": "근무일",
    "업무 시간": "근무시간",
    "처리 시계": "처리기간 산입",
    "시계 재개": "산입 재개",
    "시계 정지": "처리기간 산입 제외",
    "SLA": "처리기한 기준",
    "처리기한 정책": "처리기한 기준",
    "상담창구": "헬프데스크",
    "의뢰인": "신청인",
    "요청자": "신청인",
    "귀환": "복귀",
    "귀국": "복귀",
    "기여율": "실적배분율",
    "약정": "협약연구비",
    "높낮이": "증감",
    "현장 사실": "업무 기록",
    "내부 행위": "점검·위원회 절차 기록",
    "날수": "일수",
    "마지막 순간": "말일 24시",
    "똑같이": "균등 배분",
    "1회 통과율": "무반려 검증률",
    "적기이행": "기한 내 이행률",
    "특허 패밀리": "건",
    "거점센터의 설명": "센터 실적 서술",
    "한 분야 두 판": "동일 분야 전략지도 중복 시행",
    "기관별 점검": "센터별 점검",
    "증인": "입회인",
    "근거 사건": "근거 기록",
    "보안등급 분류": "보안등급 지정",
    "심각도": "긴급도(상담 건) 또는 중요도(지적사항)",
    "기준시점": "기준일시",
    "상대국": "해외 협력기관",
    "클수록": "높을수록",
    "전국": "전체",
    "입회자": "입회인",
    "금고": "보관소",
    "무효로": "취소",
    "증거 묶음": "증빙 묶음",
    "낱말": "단어",
    "문자 부호로": "인코딩",
    "말하는 사실": "기록할 사실",
    "아니오": "아니요",
}
"""What korean.md refuses, and what is said instead."""
ENDINGS = re.compile(r"(셈|잼|[로으] 봄|[을를] 봄)(?=[.,;)]|$)")
BARE = re.compile(r"\}(은|는|이|가|을|를|과|와|으로|로)(?![가-힣(])")
ENGLISH = re.compile(r"[A-Za-z]+(?:[ -][A-Za-z]+)*")
CODES = re.compile(r"SHA-256|(?<![A-Z])[A-Z]{2}-\d\d[A-Z]?|\{\w+\}")
KEYS = frozenset(["Enter", "Home", "End", "Page Up", "Page Down"])
"""Names that are printed on the keys of Korean keyboards."""
NAMES = frozenset("R D TRL DOI KRW UTC KST ORCID NTIS JSON CSV".split()) | KEYS
"""What Korean sentences may have of Latin letters beside codes."""


def catalogue() -> Iterator[tuple[str, Phrase]]:
    """Every word that people read of reports, indicators and irregularities, with its place."""

    def walk(at: str, it: Any) -> Iterator[tuple[str, Phrase]]:
        if isinstance(it, list):
            assert len(it) == 2, f"{at} is in Korean and English"
            yield at, Phrase(*it)
        elif isinstance(it, dict):
            for name, below in it.items():
                yield from walk(f"{at}.{name}", below)

    for path in sorted(words.HERE.glob("*.toml")):
        yield from walk(path.stem, tomllib.loads(path.read_text(encoding="utf-8")))
    for (code, version), it in (VERSIONS | QUALITATIVE).items():
        yield f"{code}/{version}", Phrase(it.ko, it.en)
        for part in ("means", "counts", "leaves_out", "timed"):
            said = Phrase(*(getattr(it.definition[language], part) for language in ("ko", "en")))
            yield f"{code}/{version}.{part}", said
    for code, rule in IRREGULARITIES.items():
        yield code, Phrase(rule.ko, rule.en)


WORDS = dict(catalogue())


def korean() -> Iterator[tuple[str, str]]:
    """All Korean that is read: the catalogue, what is told, what types and fields are called, the READMEs of packs."""
    yield from ((at, it.ko) for at, it in WORDS.items())
    yield from ((key, it.ko) for key, it in sentences().items())
    for name in (LIBRARIES, HELP):
        recognised = tomllib.loads((HERE / name).read_text(encoding="utf-8"))
        yield from ((en, ko) for some in recognised.values() for ko, en in some)
    for name, it in described().items():
        yield f"{name}.title", it.title
        yield f"{name}.says", it.says
        yield from ((f"{name}.{field}", said.ko) for field, said in it.fields.items())
    yield from ((f"fields.{name}", said.ko) for name, said in common_fields().items())
    for path in sorted(README.glob("*.ko.md")):
        yield path.name, path.read_text(encoding="utf-8")


def test_every_field_has_a_short_noun_in_english() -> None:
    """The label of a page; the sentence stands in the schema."""
    told = {f"{name}.{field}": it for name, said in described().items() for field, it in said.fields.items()}
    for at, it in (told | common_fields()).items():
        assert len(it.label.split()) <= 7, at
        assert not re.match(r"(the|a|an|what|whether|which|who|why|how|of|by) ", it.label), f"{at}: {it.label}"
        assert not HANGUL.search(it.label), at


def test_a_name_in_one_language_is_shown_as_such_in_the_other() -> None:
    assert in_both("운영재단", "Foundation") == ("운영재단", "Foundation")
    assert in_both("운영재단", None) == ("운영재단", "운영재단 (in Korean)")
    assert in_both(None, "KIST Europe") == ("KIST Europe(영문)", "KIST Europe")
    assert in_both(None, None, "EU-BRU") == ("EU-BRU", "EU-BRU")


def test_everything_is_said_in_both_languages() -> None:
    """A name of a scale or a currency may be the same in both."""
    for at, (ko, en) in WORDS.items():
        assert ko.strip(), at
        assert en.strip(), at
        assert not re.search("[가-힣]", en), f"{at}: {en}"
        same = at.startswith(("terms.units.", "terms.amounts.", "terms.one_language.")) or at == "values.pid_scheme.DOI"
        assert re.search("[가-힣]", ko) or same, f"{at}: {ko}"


def test_one_noun_is_used_for_one_thing() -> None:
    found = [
        f"{at}: {word} is called {better}" for at, ko in korean() for word, better in REFUSED.items() if word in ko
    ]
    assert found == []


def test_an_exchange_is_accepted_and_a_secured_project_is_approved() -> None:
    """수락 is what a stay needs of a body, 승인 what a secured project needs."""
    said = {at: ko for at, ko in korean() if "exchange" in at and "승인" in ko}
    assert said.keys() <= {at for at in said if "secured" in at}


def test_sentences_end_as_administration_writes_them() -> None:
    assert [f"{at}: {ko}" for at, ko in korean() if ENDINGS.search(ko)] == []


def test_no_english_is_left_in_korean() -> None:
    for at, (ko, _) in WORDS.items():
        left = set(ENGLISH.findall(CODES.sub("", ko))) - NAMES
        assert not left, f"{at}: {ko}"


def test_both_languages_take_the_same_values() -> None:
    for at, (ko, en) in WORDS.items():
        assert sorted(re.findall(r"\{\w+\}", ko)) == sorted(re.findall(r"\{\w+\}", en)), at


def test_a_particle_behind_a_value_is_written_as_a_pair() -> None:
    assert [f"{at}: {ko}" for at, (ko, _) in WORDS.items() if BARE.search(ko)] == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("거점센터", "거점센터는 거점센터가 거점센터를 거점센터와 거점센터로"),
        ("공표본", "공표본은 공표본이 공표본을 공표본과 공표본으로"),
        ("서울", "서울은 서울이 서울을 서울과 서울로"),
        ("2025S1/1", "2025S1/1은 2025S1/1이 2025S1/1을 2025S1/1과 2025S1/1로"),
        ("2025S1/2", "2025S1/2는 2025S1/2가 2025S1/2를 2025S1/2와 2025S1/2로"),
        ("2025S1/3", "2025S1/3은 2025S1/3이 2025S1/3을 2025S1/3과 2025S1/3으로"),
        (10, "10은 10이 10을 10과 10으로"),
        ("50%", "50%는 50%가 50%를 50%와 50%로"),
        ("EU-BRU", "EU-BRU는 EU-BRU가 EU-BRU를 EU-BRU와 EU-BRU로"),
        ("USD (미국)", "USD (미국)은 USD (미국)이 USD (미국)을 USD (미국)과 USD (미국)으로"),
    ],
)
def test_particles_fit_what_stands_before_them(value: object, said: str) -> None:
    assert " ".join(f"{value}{particle(str(value), pair)}" for pair in PAIRS) == said
    text = " ".join(f"{{it}}{pair}" for pair in PAIRS)
    assert Phrase(text, "{it}").filled(it=value) == (said, str(value))


def test_one_is_singular_in_english_wherever_a_sentence_counts() -> None:
    said = PAGES["improved_and_not"]
    assert [said.filled(better=n, worse=0).en.partition(" improved")[0] for n in (0, 1, "1", 2)] == [
        "0 indicators", "1 indicator", "1 indicator", "2 indicators",
    ]  # fmt: skip
    assert PAGES["withheld_rows"].filled(count=1).en == "1 row is withheld from you."
    assert PAGES["withheld_rows"].filled(count="1,001").en == "1,001 rows are withheld from you."
    assert sentence("read.busy", "others", running=1, retry_after=1).en == (
        "1 other runs or waits; ask again in 1 second"
    )


def test_a_particle_fits_behind_a_quote_too_and_braces_are_written_twice() -> None:
    it = Phrase("`{key}`은(는) {{열}}", "`{key}` {{column}}")
    assert it.filled(key="공표본") == ("`공표본`은 {열}", "`공표본` {column}")


def test_a_sentence_is_filled_in_both_languages() -> None:
    assert REPORT.superseded.filled(edition="2025S1/2") == (
        "정정공표에 따라 2025S1/2로 대체됨",
        "Superseded by 2025S1/2",
    )
    assert REPORT.superseded.filled(edition="2025S1/3").ko == "정정공표에 따라 2025S1/3으로 대체됨"
    with pytest.raises(KeyError):
        REPORT.superseded.filled()


@pytest.mark.parametrize(
    ("file", "type_", "was", "is_", "why"),
    [
        ("report.toml", words.ReportWords, "digest =", "digset =", "digset"),
        ("terms.toml", words.Terms, "[regions]", "[region]", "region"),
        ("withholding.toml", words.WithholdingWords, "few =", "fewer =", "fewer"),
        ("indicators.toml", words.IndicatorWords, "counts =", "count =", "count"),
        ("report.toml", words.ReportWords, '"Formula"]', "]", "2"),
    ],
)
def test_a_word_that_is_not_known_or_lacks_a_language_stops_the_start(
    tmp_path: Path, file: str, type_: type[Any], was: str, is_: str, why: str
) -> None:
    text = (words.HERE / file).read_text(encoding="utf-8")
    assert was in text
    (tmp_path / file).write_text(text.replace(was, is_), encoding="utf-8")
    with pytest.raises(BadWords, match=rf"domain/words/{file}: .*{why}"):
        words.read(tmp_path / file, type_)


def test_words_of_an_indicator_that_is_not_there_stop_the_start() -> None:
    left = {at: it for at, it in VERSIONS.items() if at[0] != "HD-04"}
    with pytest.raises(BadDefinition, match="HD-04 is no indicator; did you mean"):
        _check_words(left)


def test_titles_are_those_of_all_versions_and_change_no_digest() -> None:
    for code, title in INDICATORS.titles.items():
        assert {(it.ko, it.en) for at, it in VERSIONS.items() if at[0] == code} == {title}
    assert VERSIONS["HD-03", 1].ko == "처리기한 준수율"
    toml = ROOT / "projections" / "indicators" / "hd_03" / "1.toml"
    assert 'ko = "SLA 준수율"' in toml.read_text(encoding="utf-8"), "the file that the record names stays as it was"


def test_every_unit_family_and_level_of_a_figure_is_named() -> None:
    assert TERMS.units.keys() == {it.unit for it in VERSIONS.values()}
    assert TERMS.families.keys() >= {code[:2] for code, _ in VERSIONS}
    assert TERMS.levels.keys() == {"nation", "hub", "ministry", "region", "unassigned", "field", "country"}
