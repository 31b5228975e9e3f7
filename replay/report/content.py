"""The content of an edition's report, for every output: figures in order, names, comparisons, findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.acts.check_events import RestatementProposed
from domain.input_policy.authority import SYSTEM
from domain.period import SEOUL, HalfYear
from domain.record import Role
from domain.redaction import REDACTED
from domain.vocabulary import MINISTRIES, ministry
from domain.words import HANGUL, REPORT, TERMS, VALUES, Phrase, in_both
from journal.store.journal import Journal
from projections.definitions import QUALITATIVE, VERSIONS, Indicator, Qualitative
from projections.mirror.control_tower import UNASSIGNED
from replay.editions.check_status import CheckStatus, status_as_of
from replay.editions.comparisons import Comparison, comparisons
from replay.editions.editions import (
    EditionContent,
    PublishedEdition,
    assessment,
    edition_line,
    stored_entry,
    verified_content,
)
from replay.editions.period_figures import Figure, FigureCache
from replay.editions.restatement import RestatedFigure, Restatement, restatement_of
from replay.editions.withholding import unproven_in_words, withheld_legend
from replay.report.countries import country_name

STATUS_WORDS = ("code", "version", "ko", "en", "unit", "unit_ko", "better", "definition", "aggregate")
"""The fields of each indicator in the JSON of an edition."""

Name = tuple[str, str]
"""Korean, English."""

OF_HUBS = ("hub", "ministry", "region")
"""Slices by hub. What belongs to none is included, so that the parts make the whole."""

CARRIED = ("hub", "period", "severity", "status", "action", "owner", "due_on", "overdue")
"""The fields of each carried-over corrective action in the JSON of an edition."""


class Assessment(msgspec.Struct, frozen=True):
    """What a hub handed in on a qualitative indicator: the text as the record has it, and what it stands on.

    `digest` is the one in the edition, of the entry at `position` as it was recorded.
    """

    hub: str
    indicator: str
    version: int
    text_ko: str
    text_en: str | None
    evidence: tuple[str, ...]
    position: int
    digest: str


class EditionReport(msgspec.Struct, frozen=True):
    """An edition with everything that it takes to read it. Names are those known when it was published, ministries as
    they were called at the end of the half-year; `compared` is by indicator and hub, None for all together.
    `assessed` is by qualitative indicator and hub, `narratives` (Korean, English) by hub.
    """

    period: str
    published: PublishedEdition
    content: EditionContent
    standing: CheckStatus
    indicators: tuple[Indicator, ...]
    qualitative: tuple[Qualitative, ...]
    assessed: dict[tuple[str, str], Assessment]
    narratives: dict[str, tuple[str | None, str | None]]
    names: dict[str, dict[str, Name]]
    compared: dict[tuple[str, str | None], Comparison]
    restatement: Restatement | None

    @property
    def edition(self) -> str:
        return f"{self.period}/{self.published.number}"

    @property
    def redacted(self) -> bool:
        """Whether words in what was published were destroyed by law since."""
        return self.content.digest != self.published.digest

    def figure(self, it: Indicator, by: str | None = None, of: str | None = None) -> Figure | None:
        return self._figures.get((it.code, by, of))

    def values(self, by: str, topics: bool | None = None) -> list[str | None]:
        """The values that a dimension's figures are sliced into, no value last; of fields only `topics` or none."""
        figures = (it for it in self.content.figures if it.by == by)
        found = {it.of for it in figures if topics is None or topics == is_topic(it.indicator)}
        return sorted(found, key=lambda of: (of is None, of or ""))

    def name(self, by: str, of: str | None) -> Name:
        if not of:
            return TERMS.levels[UNASSIGNED] if by in OF_HUBS else REPORT.none
        if by == "field" and (topic := VALUES["topic"].get(of)):
            return topic
        if by == "hub" and of not in self.names["hub"]:
            ko, en = TERMS.levels[UNASSIGNED]
            return f"{ko} ({of})", f"{en} ({of})"
        return country_name(of) if by == "country" else self.names.get(by, {}).get(of, (of, of))

    def heading(self, by: str, of: str | None) -> Name:
        """The same with its code before it, for designated hubs and countries."""
        name = self.name(by, of)
        if not of or of in name or not (by == "country" or (by == "hub" and of in self.names["hub"])):
            return name
        return f"{of} {name[0]}", f"{of} {name[1]}"

    @property
    def _figures(self) -> dict[tuple[str, str | None, str | None], Figure]:
        return {(it.indicator, it.by, it.of): it for it in self.content.figures}


def edition_document(it: EditionReport) -> dict[str, Any]:
    """An edition as JSON. Its digest is of the canonical JSON of `content`, nothing else."""
    key = it.published.key
    signs: dict[str, Any] = {}
    if by := key.disclosure:
        signs["legend"] = withheld_legend(by) | (
            {"unproven": unproven_in_words(codes, by)} if (codes := it.content.unproven) else {}
        )
    return edition_line(it.period, it.published) | {
        "key": key,
        "indicators": [{name: getattr(about, name) for name in STATUS_WORDS} for about in it.indicators],
        "qualitative": it.qualitative,
        **signs,
        **({"redacted": True} if it.redacted else {}),
        "content": it.content,
        "assessments": list(it.assessed.values()),
        "comparisons": list(it.compared.values()),
        "restatement": it.restatement,
        "carried_over": [
            {"finding": found["stream"]} | {name: found[name] for name in CARRIED} for found in it.standing.carried_over
        ],
    }


def edition_report(journal: Journal, cache: FigureCache, period: str, published: PublishedEdition) -> EditionReport:
    """Raises NotAsPublished."""
    content = verified_content(journal, cache, period, published)
    with cache.opened(published.position, None) as reading:
        hubs: dict[str, Name] = {
            hub: in_both(ko, en, hub) for hub, ko, en in reading.rows("SELECT hub, name_ko, name_en FROM hubs")
        }
        fields: dict[str, Name] = {
            field: in_both(ko, en, field) for field, ko, en in reading.rows("SELECT field, ko, en FROM technology")
        }
        narratives = reading.rows(
            "SELECT hub, narrative_ko, narrative_en FROM last_per_stream('review_submission_made') "
            "WHERE stream = concat('review:', ?, '-', hub) ORDER BY hub",
            [period],
        )
    day = HalfYear.parse(period).last_moment.astimezone(SEOUL).date()
    terms = {code: ministry(code, day) for code in MINISTRIES.codes}
    ministries: dict[str, Name] = {code: in_both(it.ko, it.en, code) for code, it in terms.items() if it}
    chosen = sorted(published.key.indicators.items(), key=_in_order)
    return EditionReport(
        period=period,
        published=published,
        content=content,
        standing=status_as_of(journal, cache, period, known=published.position),
        indicators=tuple(VERSIONS[it] for it in chosen if it in VERSIONS),
        qualitative=tuple(QUALITATIVE[it] for it in chosen if it in QUALITATIVE),
        assessed={(it.indicator, it.hub): it for it in _assessments(journal, content)},
        narratives={hub: (ko, en) for hub, ko, en in narratives if ko or en},
        names={"hub": hubs, "ministry": ministries, "region": {**TERMS.regions}, "field": fields},
        compared={(it.indicator, it.hub): it for it in comparisons(journal, cache, period, published, content)},
        restatement=restatement_of(journal, cache, period, published, content),
    )


def as_published(journal: Journal, cache: FigureCache, period: str, published: PublishedEdition) -> EditionReport:
    """The report of an edition as it was before another superseded it, or it was withdrawn. Raises NotAsPublished."""
    return edition_report(journal, cache, period, replace(published, superseded_by=None, withdrawn=None))


def _assessments(journal: Journal, content: EditionContent) -> Iterator[Assessment]:
    for it in content.assessments:
        made = assessment(stored_entry(journal, it.position))
        texts = (made.text_ko, made.text_en, made.evidence)
        yield Assessment(it.hub, it.indicator, it.version, *texts, it.position, it.digest)


def _in_order(it: tuple[str, int]) -> tuple[int, str]:
    families = [*TERMS.families]
    return families.index(it[0][:2]) if it[0][:2] in families else len(families), it[0]


def status_in_words(code: str | None) -> Name:
    """A status in words for people."""
    return TERMS.standings.get(code, (code, code)) if code else ("–", "–")


def half_year_name(period: str) -> Name:
    return (REPORT.half_year_1 if period[5] == "1" else REPORT.half_year_2).filled(year=period[:4])


def edition_name(edition: str) -> Name:
    """What an edition is called inside a sentence, from its name `2025S1/2`."""
    period, _, number = edition.partition("/")
    wording = REPORT.edition_1 if period[5] == "1" else REPORT.edition_2
    return wording.filled(year=period[:4], number=number)


def edition_title(edition: str) -> Name:
    """The same as a title."""
    ko, en = edition_name(edition)
    return ko, en[0].upper() + en[1:]


def of_edition(phrase: Phrase, edition: str) -> Name:
    """A sentence about an edition."""
    ko, en = edition_name(edition)
    return phrase.filled(edition=ko).ko, phrase.filled(edition=en).en


def title(period: str) -> Name:
    """What the report is called."""
    ko, en = half_year_name(period)
    return REPORT.title.filled(half_year=ko).ko, REPORT.title.filled(half_year=en[0].lower() + en[1:]).en


def slice_name(report: EditionReport, it: RestatedFigure) -> Name:
    """The level and the slice of a figure; a name that already says its level says it once."""
    if it.by is None:
        return TERMS.levels["nation"]
    levels = REPORT.topic if it.by == "field" and is_topic(it.indicator) else TERMS.levels[it.by]
    return at_level(levels, report.heading(it.by, it.of))


def at_level(levels: Name, of: Name) -> Name:
    """A value of a slice together with its dimension, unless its name already says that."""
    ko, en = (
        name if level.casefold() in name.casefold() else f"{level} {name}"
        for level, name in zip(levels, of, strict=True)
    )
    return ko, en


def is_topic(code: str) -> bool:
    """Whether the field that an indicator is sliced by is the topic of a case, not a technology."""
    return code.startswith("HD-")


def reason_in_words(it: Restatement | RestatementProposed | None) -> Name:
    """Why an edition was restated, in the words of the proposal."""
    if it is None or it.reason is None:
        return REPORT.no_reason
    ko, en = text_in_both(it.reason, it.reason_en)
    return (
        REPORT.reason_destroyed.ko if ko == REDACTED else ko,
        REPORT.reason_destroyed.en if en == REDACTED else en,
    )


def text_in_both(text: str | None, en: str | None = None) -> Name:
    """Somebody's own text in both languages: if he wrote it in one only, the other quotes it as written."""
    if text and en:
        return text, en
    written = text or en or ""
    quoted = REPORT.as_written.filled(text=written)
    if written in ("", REDACTED):
        return written, written
    return (written, quoted.en) if HANGUL.search(written) else (quoted.ko, written)


def as_withdrawn(at: str | datetime, reason: str) -> Name:
    """The note that an edition was withdrawn, when and why: the reason is quoted, as nobody translates it."""
    moment = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    quoted = REPORT.as_written.filled(text=reason) if reason != REDACTED else REPORT.reason_destroyed
    ko, en = (REPORT.withdrawn.filled(at=seoul_time(moment), reason=it) for it in quoted)
    return ko.ko, en.en


def signed(who: str | None, role: Role | None, at: datetime | None) -> Name:
    """Who did something, in which office and when. People are credentials in the record, never names."""
    if who is None or at is None:
        return REPORT.not_recorded
    ko, en = REPORT.machine if who == SYSTEM.id else VALUES["role"].get(role or "", ("", ""))
    when = REPORT.at_seoul.filled(at=seoul_time(at))
    return f"{ko} {who}, {when.ko}".strip(), f"{en} {who}, {when.en}".strip()


def not_compared(it: Restatement) -> Name | None:
    """Why the figures of two editions cannot be compared; None if they can."""
    if it.not_compared is None:
        return None
    return of_edition(REPORT.never_shown if it.not_compared == "never_shown" else REPORT.not_kept, it.replaces)


def seoul_time(moment: datetime) -> str:
    return f"{moment.astimezone(SEOUL):%Y-%m-%d %H:%M:%S}"


def version_facts(key: Any) -> list[tuple[Name, str]]:
    """What an edition was made with, besides its indicators."""

    def listed(them: Mapping[str, object]) -> str:
        return ", ".join(f"{name} v{number}" for name, number in sorted(them.items())) or "–"

    return [
        (REPORT.calendars, listed(key.calendars)),
        (REPORT.slas, listed(key.slas)),
        (REPORT.rates, listed(key.fx)),
        (
            REPORT.schemes,
            ", ".join(f"{it} {key.schemes[it]}" for it in sorted(key.schemes)) or "–",
        ),
    ]
