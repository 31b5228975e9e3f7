"""The present state of half-year checks, their figures, samples and late registers; and the editions they published."""

from __future__ import annotations

import threading

from api.edition_formats import FORMATS, content_security_policy, render_edition
from api.problems import Problem, unknown_word
from api.reads import authorization, packs, tables
from api.reads.asked import ReadRequest, parse_language
from api.reads.read import AdhocQuery, Document, Download, File
from api.source import Source
from domain import visibility
from domain.messages import reason
from domain.nearest import UnknownWord
from domain.period import SEOUL
from domain.phrase import LANGUAGES
from domain.redaction import sha256
from projections.mirror.adhoc import TooMuch
from projections.plain import json_rows
from replay.editions import check_status, late_register
from replay.editions.check_status import LARGEST, status_as_of
from replay.editions.editions import check_of, edition_line, editions_of, find_edition

FOR_ONE_READER = {"Cache-Control": "private, max-age=31536000, immutable"}


def list_checks(source: Source, asked: ReadRequest) -> Document:
    at = asked.points(source)
    with source.reading(at.known, None) as reading:
        found = reading.table(
            "SELECT period, status, due_on, len(hubs) AS hubs, valid_cutoff, cutoff_position AS position, edition"
            " FROM checks",
            order="period",
        )
    return Document({"checks": json_rows(found)})


def read_check(source: Source, asked: ReadRequest) -> Document:
    """The present state of the check, what each hub owes, the digest of each hub's figures, findings, editions.

    A hub sees findings and digests of its own.
    """
    period, reader = asked.half_year(), authorization.reader(source, asked.actor)
    at = asked.points(source)
    source.wait_for_tables(source.journal.position)
    today = source.clock().astimezone(SEOUL).date() if at.known is None else None
    position = source.journal.position if at.known is None else at.known
    found = check_status.visible_status(
        status_as_of(source.journal, source.figure_cache, period, today, at.known), reader
    )
    return Document(found, {"Sagwan-Position": str(position)} | authorization.withheld_headers(found.withheld))


def read_check_figures(source: Source, asked: ReadRequest) -> Document:
    """The figures as of the cut-off, of a `hub` or all; the digest is what a hub hands in."""
    period, hub = asked.half_year(), asked.text("hub")
    whole = tables.sees_all(authorization.reader(source, asked.actor), [] if hub is None else [hub])
    source.wait_for_tables(source.journal.position)
    found = check_status.figures_at_cutoff(source.journal, source.figure_cache, period, hub, whole=whole)
    return Document(found, {"Sagwan-Position": str(found["position"])})


def read_late_register(source: Source, asked: ReadRequest) -> Document:
    """What was recorded after the cut-off about what it counted, and by how much it would move each figure."""
    period = asked.half_year()
    at = asked.points(source)
    known = source.journal.position if at.known is None else at.known
    source.wait_for_tables(known)
    check, cache = check_of(source.journal, period, known), source.figure_cache
    found = cache.once(("late", period, known), lambda: late_register.late_register(cache, check, known))
    if not visibility.reads_all(asked.actor):
        found = late_register.without_person_amounts(found)
    closed = authorization.closed_positions(source, asked.actor, {it.position for it in found.entries})
    found = late_register.without_entries(found, closed)
    return Document(found, {"Sagwan-Position": str(known)} | authorization.withheld_headers(found.kept_back))


def read_sample(source: Source, asked: ReadRequest) -> AdhocQuery:
    """Draws a sample again: from a query of positions, a position, a seed and a size."""
    position = asked.whole_number("position", source.journal.position)
    size = asked.bounded("size", 25, 1, LARGEST)
    population, seed = asked.text("population"), asked.text("seed")
    if not population or not seed:
        raise Problem(400, "query.invalid", "sample")
    source.wait_for_tables(position)

    def ask(given_up: threading.Event) -> Document:
        try:
            found = check_status.draw_sample(source.reading, population, position, seed, size, given_up)
        except TooMuch as error:
            raise Problem(422, "query.too_long", parameter="population").saying(reason(error)) from None
        except ValueError as error:
            raise Problem(400, "query.invalid", parameter="population").saying(reason(error)) from None
        return Document(found, {"Sagwan-Position": str(position)})

    return AdhocQuery(ask)


def list_editions(source: Source, asked: ReadRequest) -> Document:
    """Every edition of a half-year, or of all."""
    names = (
        [asked.half_year()]
        if "period" in asked.path
        else sorted(it.partition(":")[2] for it in source.journal.entries.streams("check"))
    )
    return Document(
        {"editions": [edition_line(name, it) for name in names for it in editions_of(source.journal, name)]}
    )


def read_edition_content(source: Source, asked: ReadRequest) -> File:
    """What an edition says, as it was published: the canonical JSON of which the digest is made, for ever the same."""
    digest = asked.path["digest"]
    kept = source.journal.entries.kept(digest)
    if kept is None or sha256(kept.content) != digest:
        raise Problem(404, "edition.no_content", digest=digest)
    return File(kept.content, "application/json", FOR_ONE_READER, compress=True)


def read_edition(source: Source, asked: ReadRequest) -> File | Download:
    """An edition, computed from its key and measured against its digest, in one of its forms, or with its evidence."""
    period, number = asked.half_year(), int(asked.path["number"])
    format_ = asked.path.get("format") or asked.text("format") or "json"
    language = parse_language(asked.text("lang", "ko") or "")
    if "lang" in asked.names and format_ not in ("html", "hwpx"):
        raise Problem(400, "query.invalid", "lang", parameter="lang")
    if format_ == "zip":
        authorization.require_reads_all(asked.actor, "packs")
        return packs.read_edition_pack(source, asked, period, number)
    if format_ not in FORMATS:
        error = UnknownWord("edition_format", format_, there := [*FORMATS, "zip"])
        raise unknown_word(404, "edition.no_format", error, formats=there)
    origin, reader = asked.origin(), authorization.reader(source, asked.actor)
    source.wait_for_tables(source.journal.position)
    published = find_edition(source.journal, period, number)
    body = render_edition(source.journal, source.figure_cache, period, published, format_, origin, reader, language)
    headers = {"Sagwan-Position": str(published.key.position), "ETag": f'"{published.digest}"'}
    if format_ != "json":
        headers["Content-Language"] = language if format_ == "hwpx" else ", ".join(LANGUAGES)  # both are in the others
    if format_ == "html":
        headers["Content-Security-Policy"] = content_security_policy()
    if format_ in ("xlsx", "hwpx"):
        headers["Content-Disposition"] = f'attachment; filename="sagwan-{period}-{number}.{format_}"'
    return File(body, FORMATS[format_], headers)
