"""The point in time that a page is of: what the control offers, and the address that shows the same for ever."""

from __future__ import annotations

import calendar
import contextlib
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from importlib.metadata import version
from typing import Any, NamedTuple

from api.problems import Problem
from api.reads import catalogue
from api.reads.asked import parse_moment
from api.web.page import Page
from domain.period import SEOUL, HalfYear, end_of_day
from domain.words import PAGES, Phrase
from replay.editions.editions import parse_edition_name

RELEASE = version("sagwan")


class Choice(NamedTuple):
    """A point that a button leads to; `chosen` where the page is of it."""

    said: str
    link: str
    chosen: bool


class TimeControl(NamedTuple):
    """`notes` say what a reader may not expect of such a point. `first` and `last` are the days that the record covers,
    None for an empty one; `permalink` is the permanent address of this view, `day` the day up to which a page of the
    past knows, `comparison` the address that compares the point with now; None where nothing is published."""

    choices: Sequence[Choice]
    notes: Sequence[Phrase]
    editions: Sequence[dict[str, Any]]
    first: date | None
    last: date
    permalink: str | None
    day: date | None
    comparison: str | None
    release: str = RELEASE


def time_control(page: Page, *, resolved: bool = True) -> TimeControl:
    """What the control shows on a page; without a permalink where its point does not exist (`resolved`)."""
    today = page.source.clock().astimezone(SEOUL).date()
    begun = page.source.journal.entry(1)
    first = begun.entry.recorded_at.astimezone(SEOUL).date() if begun else None
    editions = [it for it in page.document(catalogue.EDITIONS, {})["editions"] if not it["withdrawn"]]
    days: dict[Phrase, date | None] = {
        PAGES["to_now"]: None,
        PAGES["month_ago"]: _month_before(today),
        PAGES["half_year_end"]: HalfYear.of(page.source.clock()).starts_at.astimezone(SEOUL).date() - timedelta(1),
    }
    points = {
        label: day.isoformat() if day else None for label, day in days.items() if not day or (first and day >= first)
    }
    if editions:
        points[PAGES["as_published_last"]] = _last_published(page, editions)
    return TimeControl(
        [_choice(page, label, known) for label, known in points.items()],
        [*_notes(page)] if resolved else [],
        editions,
        first,
        today,
        page.permalink() if resolved else None,
        _day(page) if resolved else None,
        _comparison(page, editions) if resolved else None,
    )


def to_come(page: Page, text: str) -> bool:
    """Whether a point is named by a time after today."""
    try:
        return parse_moment(text, "") > end_of_day(page.source.clock().astimezone(SEOUL).date())
    except Problem:
        return False


def _notes(page: Page) -> Iterator[Phrase]:
    known, valid = page.at.known, page.at.valid
    if known == 0 and (begun := page.source.journal.entry(1)):
        yield PAGES["known_before"].filled(day=begun.entry.recorded_at.astimezone(SEOUL).date())
    if to_come(page, page.query.get("known", "")):
        yield PAGES["known_to_come"]
    if "valid" not in page.query or valid is None:
        return
    if to_come(page, page.query["valid"]):
        yield PAGES["valid_to_come"]
    elif known is not None and (after := page.source.journal.entry(known + 1)) and after.entry.recorded_at < valid:
        yield PAGES["valid_after_known"]


def _day(page: Page) -> date | None:
    """The day that a page of the past was asked for; else the day when the last entry that it knows was recorded."""
    with contextlib.suppress(Problem):
        return parse_moment(page.query.get("known", ""), "known").astimezone(SEOUL).date()
    last = page.source.journal.entry(page.at.known) if page.at.known else None
    return last.entry.recorded_at.astimezone(SEOUL).date() if last else None


def _comparison(page: Page, editions: Sequence[dict[str, Any]]) -> str | None:
    """The comparison of the point with now, for the indicator or the hub of the page if it has one."""
    if (point := page.query.get("known") or (_last_published(page, editions) if editions else None)) is None:
        return None
    narrowed = page.names.get("hub") or page.query.get("where", "").removeprefix("hub=")
    hub = narrowed if narrowed and narrowed in page.hubs else None
    away = dict.fromkeys(("known", "valid"))
    return page.link("/compare", **away, a=point, code=page.names.get("code"), hub=hub)


def _last_published(page: Page, editions: Sequence[dict[str, Any]]) -> str:
    """The newest edition of the half-year that the page shows; the newest of all where that has none."""
    shown = page.chosen.get("period")
    own = [it for it in editions if it["edition"].partition("/")[0] == shown]
    return str(max(own or editions, key=lambda it: it["published_at"])["edition"])


def _choice(page: Page, label: Phrase, known: str | None) -> Choice:
    """A point, with the half-year that the page shows, unless the point is an edition of another."""
    edition = parse_edition_name(known or "")
    elsewhere = edition and "period" in page.query and edition[0] != page.query["period"]
    return Choice(
        page.say(label),
        page.here(known=known, valid=None, **({"period": None} if elsewhere else {})),
        page.query.get("known") == known and not page.query.get("valid") and not page.mistyped,
    )


def _month_before(day: date) -> date:
    """The same day of the month before, or its last."""
    last = day.replace(day=1) - timedelta(1)
    return last.replace(day=min(day.day, calendar.monthrange(last.year, last.month)[1]))
