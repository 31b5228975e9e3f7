"""Indicators and irregularities as their files define them (`projections.definition_files`).

An indicator is a query of the entries that contribute (`position, hub, occurred_at, field, country, amount`,
and `period` where its `own_period` says so) and an aggregate over them. A ratio of sums has a second amount, `against`;
what counts once in every slice has a `key`. An amount that is not known (no rate, no calendar) is NULL, and the figure
counts such amounts. Money names what it was converted by: `rate_set`, and `rate_age`, how many days older than the
amount its rate is.

Each version of an indicator stays when a newer one comes. In the mirror the newest is the view `indicator.hd_04`, an
older one `indicator.hd_04_v1`; each irregularity is `irregularity.case_resolved_again`, all of them together
`irregularities`.
"""

from __future__ import annotations

import hashlib
import re
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from domain.nearest import UnknownWord
from domain.words import INDICATORS as WORDS
from domain.words import IRREGULARITIES as RULES
from domain.words import TERMS, Phrase, RuleWords
from projections import definition_files
from projections.definition_files import (
    BadDefinition,
    Better,
    Definition,
    DefinitionBytes,
    IndicatorFile,
    QualitativeFile,
)

HERE = Path(__file__).parent


class Indicator(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a figure: names, unit, how the amounts are put together, and the query of its evidence.

    `persons` when persons stand behind it: what is shown outside goes through `projections.disclosure`.
    `counts` is the rule of the query, `definition` says it for readers, `amount_ko` and `amount_en` say what the amount
    of a row of its evidence is; all of this and the names are as `domain.words` mends them. `formula` is the SHA-256
    digest of its TOML and the query behind it (`cat 2.toml 2.sql | sha256sum`),
    `formerly` those by which releases of before named the query.
    """

    code: str
    version: int
    class_: str = msgspec.field(name="class")
    ko: str
    en: str
    unit: str
    unit_ko: str
    amount_ko: str
    amount_en: str
    better: Better
    definition: dict[str, Definition]
    aggregate: str
    counts: str
    own_period: bool
    persons: bool
    formula: str
    sql: str
    formerly: tuple[str, ...] = ()

    @property
    def view(self) -> str:
        newest = INDICATORS[self.code].version == self.version
        return f"indicator.{self.column}" if newest else f"indicator.{self.column}_v{self.version}"

    def uses(self, column: str) -> bool:
        """Whether its evidence has this column besides those that every indicator has."""
        return re.search(rf"\b{column}\b", self.aggregate) is not None

    @property
    def value_type(self) -> str:
        """The type of its value in DuckDB: counts are whole."""
        return "BIGINT" if self.aggregate.startswith("count(") else "DOUBLE"

    def figure_columns(self, value: str) -> str:
        """The columns `value, evidence, missing` of a figure over rows of its evidence."""
        evidence = "count(DISTINCT key)" if self.counts_once else "count(*)"
        return f"{value} AS value, {evidence} AS evidence, count(*) FILTER ({self.missing}) AS missing"

    @property
    def missing(self) -> str:
        """A condition true of rows of its evidence that lack an amount."""
        return "amount IS NULL OR against IS NULL" if self.uses("against") else "amount IS NULL"

    @property
    def counts_once(self) -> bool:
        """Whether something with several rows, such as one for each country, counts once wherever it is counted."""
        return "each_once(" in self.aggregate

    @property
    def adds_up(self) -> bool:
        """Whether the figures of the hubs add up to that of all: a count or a sum, but not of what hubs may share."""
        return re.match(r"count\(\*\)|sum\(|each_once\(", self.aggregate) is not None and not self.uses("against")

    @property
    def in_money(self) -> bool:
        """Whether its amounts are converted, so that its evidence names the rates."""
        return re.search(r"\brate_set\b", self.sql) is not None

    @property
    def rate_columns(self) -> str:
        """The columns `earlier_rate, rate_sets` of a figure: how many amounts were converted by an earlier day's rate,
        and the sets and versions of the rates. NULL if it is not in money."""
        if not self.in_money:
            return "NULL::BIGINT AS earlier_rate, NULL::VARCHAR[] AS rate_sets"
        sets = "coalesce(list(DISTINCT rate_set ORDER BY rate_set) FILTER (rate_set IS NOT NULL), [])"
        return f"count(*) FILTER (rate_age > 0) AS earlier_rate, {sets} AS rate_sets"

    @property
    def all_columns(self) -> str:
        """The columns of a figure that every indicator has in the same types: its value, what is counted, its rates."""
        return f"{self.figure_columns(f'({self.aggregate})::DOUBLE')}, {self.rate_columns}"

    def attains(self, value: Decimal | None, target: Decimal | None) -> bool | None:
        """Whether a value is as good as a target; None where one is absent, or higher is no better than lower."""
        return None if value is None or target is None or self.better == "neither" else self.reaches(value, target)

    def reaches(self, value: Decimal, target: Decimal) -> bool:
        """Whether a value is at a target or beyond it, on the way to the better."""
        return value <= target if self.better == "lower" else value >= target

    @property
    def column(self) -> str:
        """Its name among columns: `HD-01` is `hd_01`."""
        return self.code.lower().replace("-", "_")


class Qualitative(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"class_": "class"}):
    """A version of a qualitative indicator (질적 지표): a hub assesses it in words (`domain.acts.review`)."""

    code: str
    version: int
    class_: str
    ko: str
    en: str
    definition: dict[str, Definition]


class Irregularity(msgspec.Struct, frozen=True, kw_only=True):
    """Entries that a rule is against, by its code; `rule` names the source, `said` is what it means for people."""

    code: str
    version: int
    ko: str
    en: str
    rule: str
    sql: str
    said: RuleWords

    @property
    def kind(self) -> str:
        """The kind of the streams that it is about."""
        return self.code.partition(".")[0]

    @property
    def view(self) -> str:
        return f"irregularity.{self.code.replace('.', '_')}"


class Loaded(NamedTuple):
    """All definitions of a folder, and the earlier texts by their digests."""

    versions: dict[tuple[str, int], Indicator]
    qualitative: dict[tuple[str, int], Qualitative]
    irregularities: dict[str, Irregularity]
    formerly: dict[str, bytes]


def load(root: Path) -> Loaded:
    """Raises BadDefinition for a file that is no valid definition, and for a code used twice."""
    heads = definition_files.read_heads(root)
    versions: dict[tuple[str, int], Indicator] = {}
    formerly: dict[str, bytes] = {}
    for it, source in definition_files.read_indicators(root):
        before = [head.encode() + source.sql for head in heads.pop(f"{it.code}/{it.version}", ())]
        texts = {_sha256(text): text for text in before}
        versions[it.code, it.version] = _indicator(it, source, tuple(texts))
        formerly |= texts
    if heads:
        raise BadDefinition(f"{root.name}/superseded/heads.toml: there is no version {min(heads)} of an indicator")
    in_words = {}
    for said in definition_files.read_qualitative(root):
        if any(code == said.code for code, _ in versions):
            raise BadDefinition(f"{root.name}/qualitative: {said.code} is the code of an indicator with a formula")
        in_words[said.code, said.version] = Qualitative(**_fields(said))
    rules = {}
    for it_, source in definition_files.read_irregularities(root):
        if (rule_words := RULES.rules.get(it_.code)) is None:
            raise BadDefinition(
                f"domain/words/irregularities.toml: nothing says what {it_.code} means and who mends it"
            )
        rules[it_.code] = Irregularity(**msgspec.structs.asdict(it_), sql=source.query, said=rule_words)
    return Loaded(versions, in_words, rules, formerly)


def _indicator(it: IndicatorFile, source: DefinitionBytes, formerly: tuple[str, ...]) -> Indicator:
    formula = _sha256(source.toml + source.sql)
    said = _mended(it)
    unit, amount = TERMS.units[it.unit], _amount(it)
    return Indicator(
        **said,
        unit_ko=unit.ko,
        amount_ko=amount.ko,
        amount_en=amount.en,
        formula=formula,
        formerly=formerly,
        sql=source.query,
    )


def _amount(it: IndicatorFile) -> Phrase:
    """What the amount of a row of the evidence is, with its unit."""
    if named := WORDS.evidence.get(it.code):
        return named
    if it.aggregate == "100 * avg(amount)":
        return WORDS.evidence["yes_or_no"]
    unit, said = TERMS.units[it.unit], WORDS.evidence["in_unit"]
    return Phrase(said.ko.format(unit=unit.ko), said.en.format(unit=unit.en))


def _mended(it: IndicatorFile) -> dict[str, Any]:
    """The fields of a version that the catalogue words differently, in its words."""
    fields = _fields(it)
    if title := WORDS.titles.get(it.code):
        fields |= title._asdict()
    if mended := WORDS.definitions.get(f"{it.code}/{it.version}"):
        phrases: dict[str, Phrase] = {name: one for name, one in msgspec.structs.asdict(mended).items() if one}
        fields["definition"] = {
            language: replace(getattr(it.definition, language), **{name: one[n] for name, one in phrases.items()})
            for n, language in enumerate(("ko", "en"))
        }
    return fields


def _check_words(versions: dict[tuple[str, int], Indicator]) -> None:
    """Raises BadDefinition for words of an indicator, a version or an irregularity that does not exist."""
    for code in RULES.rules.keys() - IRREGULARITIES.keys():
        raise BadDefinition(
            f"domain/words/irregularities.toml: {UnknownWord('no_irregularity', code, IRREGULARITIES, name=code)}"
        )
    codes = {code for code, _ in versions}
    names = {f"{code}/{version}" for code, version in versions}
    there = {*codes, "yes_or_no", "in_unit"}
    for said, known in ((WORDS.titles, codes), (WORDS.evidence, there), (WORDS.definitions, names)):
        for name in said:
            if name not in known:
                raise BadDefinition(
                    f"domain/words/indicators.toml: {UnknownWord('no_indicator', name, known, name=name)}"
                )


def _fields(it: QualitativeFile) -> dict[str, Any]:
    fields = msgspec.structs.asdict(it)
    return fields | {"definition": {"ko": it.definition.ko, "en": it.definition.en}}


def _sha256(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


READERS = definition_files.read_readers()
NAMES = definition_files.read_names()

VERSIONS, QUALITATIVE, IRREGULARITIES, FORMERLY = load(HERE)
"""Every version of every indicator by code and number: an edition is reproduced with the versions it was made with.
The same for qualitative indicators, at least one for each function of a hub. Every irregularity by its code. Every
earlier text that an `indicator.defined` may name, by its digest."""
_check_words(VERSIONS)

INDICATORS: dict[str, Indicator] = {
    code: VERSIONS[code, max(number for other, number in VERSIONS if other == code)] for code, _ in VERSIONS
}
"""The newest version of every indicator, by its code."""
