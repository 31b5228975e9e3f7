"""The words of Sagwan, in Korean and English: the texts of pages, reports, workbooks and messages.

A file holds what belongs together, and is read strictly: an unknown or missing key stops the start with its name. What
is defined elsewhere has its names there: types and fields in `domain.descriptions`, indicators and irregularities in
their definitions (`projections`), whose words `indicators.toml` corrects where their file is named by its digest
(decision 170).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypeVar

import msgspec

from domain.phrase import Phrase as Phrase

HERE = Path(__file__).parent


class BadWords(ValueError):
    """A file of the catalogue that is invalid; the message names it and what is wrong."""


class Attained(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    yes: Phrase
    no: Phrase


class OneLanguage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    korean: Phrase
    english: Phrase


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What things are called, by their code."""

    levels: dict[str, Phrase]
    one_language: OneLanguage
    regions: dict[str, Phrase]
    families: dict[str, Phrase]
    units: dict[str, Phrase]
    amounts: dict[str, Phrase]
    one: dict[str, str]
    better: dict[str, Phrase]
    turned: dict[str, Phrase]
    attained: Attained
    elements: dict[str, Phrase]
    standings: dict[str, Phrase]


class StreamWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What each kind of stream is called, and where one stands: statuses by kind, `every` of those of all."""

    kinds: dict[str, Phrase]
    statuses: dict[str, dict[str, Phrase]]

    def status(self, kind: str, name: str) -> Phrase:
        """Raises KeyError for a status without a name."""
        if (found := self.of(kind, name)) is None:
            raise KeyError(name)
        return found

    def of(self, kind: str, name: str) -> Phrase | None:
        """The same; None for a status without a name."""
        return self.statuses.get(kind, TERMS.standings).get(name) or self.statuses["every"].get(name)


class WithholdingWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    few_or_derivable: Phrase
    few: Phrase
    derivable: Phrase
    unproven: Phrase


class MendedDefinition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sentences of a definition that are said differently than its file says them; the rest stay."""

    means: Phrase | None = None
    counts: Phrase | None = None
    leaves_out: Phrase | None = None
    timed: Phrase | None = None


class IndicatorWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`titles` and `evidence` by code, of all its versions; `definitions` by `HD-04/2`."""

    titles: dict[str, Phrase]
    evidence: dict[str, Phrase]
    definitions: dict[str, MendedDefinition]


class RuleWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an irregularity means, how it is mended, and `by` whom: names of `IrregularityWords.who` with spaces."""

    by: str
    means: Phrase
    mends: Phrase


class IrregularityWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`rules` by code."""

    who: dict[str, Phrase]
    rules: dict[str, RuleWords]


class ProblemWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`statuses` by HTTP status, `other` for one that has no line; `codes` of those that pages meet; `parameters` of
    pages by their names in addresses."""

    statuses: dict[str, Phrase]
    parameters: dict[str, Phrase]
    codes: dict[str, Phrase]


class ReportWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a report says, wherever it is printed."""

    programme: Phrase
    half_year_1: Phrase
    half_year_2: Phrase
    title: Phrase
    none: Phrase
    all: Phrase
    withheld: Phrase
    in_words: Phrase
    provisional: Phrase
    final: Phrase
    restated: Phrase
    superseded: Phrase
    withdrawn: Phrase
    as_written: Phrase
    redacted: Phrase
    edition: Phrase
    edition_1: Phrase
    edition_2: Phrase
    cutoff: Phrase
    position: Phrase
    published: Phrase
    digest: Phrase
    opinion_of_committee: Phrase
    at_a_glance: Phrase
    goals_reached: Phrase
    no_goals: Phrase
    turned_since: Phrase
    function: Phrase
    fell_short: Phrase
    worse_now: Phrase
    findings_told: Phrase
    adjusted_told: Phrase
    restatement: Phrase
    restates: Phrase
    reason: Phrase
    no_reason: Phrase
    reason_destroyed: Phrase
    late_entries_move: Phrase
    named_indicators: Phrase
    proposed: Phrase
    approved: Phrase
    published_by: Phrase
    not_recorded: Phrase
    at_seoul: Phrase
    machine: Phrase
    moved: Phrase
    now_others: Phrase
    now_same: Phrase
    now_why: Phrase
    now_it_is: Phrase
    moved_explained: Phrase
    moved_withheld: Phrase
    nothing_moved: Phrase
    never_shown: Phrase
    not_kept: Phrase
    level: Phrase
    before: Phrase
    after: Phrase
    difference: Phrase
    without_results: Phrase
    all_hubs: Phrase
    indicator: Phrase
    unit: Phrase
    value: Phrase
    half_year_before: Phrase
    change: Phrase
    target: Phrase
    attained: Phrase
    entries: Phrase
    left_out: Phrase
    missing: Phrase
    amounts_in_parts: Phrase
    converted: Phrase
    converted_earlier: Phrase
    by_hub: Phrase
    hubs_compared: Phrase
    by_ministry: Phrase
    by_region: Phrase
    by_field: Phrase
    by_topic: Phrase
    topic: Phrase
    by_country: Phrase
    qualitative: Phrase
    evidence_digest: Phrase
    not_handed_in: Phrase
    adjustments: Phrase
    no_adjustments: Phrase
    adjusted: Phrase
    adjusted_withheld: Phrase
    hub: Phrase
    as_published: Phrase
    now: Phrase
    adjustment: Phrase
    small_moves: Phrase
    reviews: Phrase
    standing: Phrase
    opinion: Phrase
    submissions: Phrase
    returns: Phrase
    sample: Phrase
    narratives: Phrase
    findings: Phrase
    finding: Phrase
    severity: Phrase
    found: Phrase
    due: Phrase
    overdue: Phrase
    carried_over: Phrase
    carried_over_explained: Phrase
    nothing_carried_over: Phrase
    from_check: Phrase
    no_action: Phrase
    withheld_findings: Phrase
    definitions: Phrase
    definition: Phrase
    version: Phrase
    formula: Phrase
    counts: Phrase
    leaves_out: Phrase
    timed: Phrase
    reproducing: Phrase
    reproducible: Phrase
    key: Phrase
    checkpoint: Phrase
    calendars: Phrase
    slas: Phrase
    rates: Phrase
    schemes: Phrase
    sheet_edition: Phrase
    sheet_restatement: Phrase
    sheet_moved: Phrase
    sheet_all: Phrase
    sheet_hub: Phrase
    sheet_ministry: Phrase
    sheet_region: Phrase
    sheet_field: Phrase
    sheet_country: Phrase
    sheet_adjustments: Phrase
    sheet_findings: Phrase
    sheet_qualitative: Phrase
    sheet_narratives: Phrase
    sheet_formulas: Phrase
    sheet_definitions: Phrase


T = TypeVar("T")
Values = dict[str, dict[str, Phrase]]
"""The names of a field's values, by the name of the field."""

Names = dict[str, Phrase]
"""The names of the fields of a state, by field."""

Columns = dict[str, dict[str, Phrase]]
"""The titles of columns, by table (`any` for all) and column."""

Pages = dict[str, Phrase]
"""The texts of pages, by the name that a template uses."""


def read(path: Path, type_: type[T]) -> T:
    """A file of the catalogue. Raises BadWords."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=type_)
    except (OSError, ValueError) as error:
        raise BadWords(f"domain/words/{path.name}: {error}") from None


TERMS = read(HERE / "terms.toml", Terms)
STREAMS = read(HERE / "streams.toml", StreamWords)
REPORT = read(HERE / "report.toml", ReportWords)
WITHHOLDING = read(HERE / "withholding.toml", WithholdingWords)
INDICATORS = read(HERE / "indicators.toml", IndicatorWords)
IRREGULARITIES = read(HERE / "irregularities.toml", IrregularityWords)
PROBLEMS = read(HERE / "problems.toml", ProblemWords)
STATE = read(HERE / "state.toml", Names)
VALUES = read(HERE / "values.toml", Values)
PAGES = read(HERE / "pages.toml", Pages)
COLUMNS = read(HERE / "columns.toml", Columns)

HANGUL = re.compile("[가-힣]")


def in_both(ko: str | None, en: str | None, code: str = "") -> Phrase:
    """A name in both languages; if it exists in one only, that is used for both; its `code` if it has none."""
    if ko and en:
        return Phrase(ko, en)
    if only := ko or en:
        of = TERMS.one_language
        return (of.korean if HANGUL.search(only) else of.english).filled(text=only)
    return Phrase(code, code)
