"""The pages behind the overview: hubs, indicators with the entries behind them, streams, editions, irregularities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from api.problems import Problem
from api.reads import catalogue
from api.reads.grammar import parse_where
from api.reads.tables import IN_EDITIONS, named_indicator
from api.web.charts import panels
from api.web.counting import among, counted
from api.web.helpdesk import at_the_hub, clocks_of
from api.web.listing import checked, chosen, hub_choice
from api.web.overview import TOWER, counted_for_no_hub, editions_known, half_years, mark_moved, tower
from api.web.page import Page, Row
from api.web.partners import called
from api.web.since import mark_changed
from api.web.today import today
from domain.period import SEOUL
from domain.registry import EntryCorrected, tag
from domain.words import IRREGULARITIES as WHO
from domain.words import PAGES, REPORT, TERMS
from projections.definitions import INDICATORS, IRREGULARITIES, Indicator
from projections.figures import SLICES
from projections.mirror.control_tower import LEVELS
from replay.report.content import at_level, is_topic
from replay.report.summary import HEADLINES

MOST = 200
"""Rows of a list that a page shows; the data has the rest."""

NOT_PROVEN = (
    *("no_proof", "no_index", "no_leaf", "too_long", "too_short", "no_signature", "bad_line", "bad_key", "other_key"),
    *("other_id", "other_root", "not_signed", "unreadable"),
)
"""The reasons for which `verify.mjs` reports something as not proven."""

SIGNED = ("witnesses", "no_witnesses", "absent", "unchecked")
"""What it reports of who signed the checkpoint together with the record, and of who did not."""

Context = Mapping[str, Any]


def hubs(page: Page) -> Context:
    return {"hubs": page.rows(catalogue.VIEW, {"view": "hubs"})}


def hub(page: Page) -> Context:
    name = page.hub_code(page.names["hub"])
    designation = page.hubs[name]
    every = page.rows(catalogue.VIEW, TOWER, ("where", "level=hub"), ("where", f"hub={name}"))
    period, periods = half_years(page, every)
    rows = [row for row in every if row["period"] == period]
    mark_moved(page, rows)
    mark_changed(page, rows, f"period={period}", "level=hub", f"hub={name}")
    deadlines = page.rows(catalogue.VIEW, {"view": "deadlines"}, ("where", f"hub={name}"))
    is_own = page.actor.role == "hub" and page.actor.hub == name
    return {
        "hub": designation,
        "budget": dict(designation["budgets"]).get(period),
        "planned": [*_planned(page, name)],
        "period": period,
        "periods": periods,
        "rows": rows,
        "headlines": [it for code in HEADLINES for it in panels(page, [_titled(page, every, code)])],
        "overdue": [row for row in deadlines if row["overdue"]],
        "today": today(page, name, deadlines) if is_own else None,
        "rules": IRREGULARITIES,
        "at_the_hub": at_the_hub,
    }


def _titled(page: Page, rows: list[Row], code: str) -> tuple[str, list[Row]]:
    """The course of an indicator among rows of the tower, under its name."""
    it = INDICATORS[code]
    return page.say((it.ko, it.en)), [row for row in rows if row["code"] == code]


def _planned(page: Page, name: str) -> Iterator[Row]:
    """What is decided about a hub, or by it as a centre, and takes effect on a later day (시행 예정): each with its
    fact and that day."""
    streams = f"stream=hub:{name},centre:{name}"
    for row in page.rows(catalogue.VIEW, {"view": "planned"}, ("where", streams)):
        stated = page.document(catalogue.EVENT, {"position": str(row["stated_by"])})["entry"]["fact"]
        fact = stated["data"] if stated["type"] == tag(EntryCorrected) else stated
        yield row | {"fact": fact, "day": row["effective_at"].astimezone(SEOUL).date()}


def indicators(page: Page) -> Context:
    period, periods, rows = tower(page, "level=nation")
    mark_moved(page, rows)
    mark_changed(page, rows, f"period={period}", "level=nation")
    return {"period": period, "periods": periods, "figures": {row["code"]: row for row in rows}, "all": INDICATORS}


def indicator(page: Page) -> Context:
    it = named_indicator(page.names["code"])
    rows = page.rows(catalogue.VIEW, TOWER, ("where", f"code={it.code}"))
    period, periods = half_years(page, rows)
    where = page.query.get("where")
    shown = [row for row in rows if row["level"] == "nation"]
    narrowed = None
    if where is not None:
        narrowed = _narrowed(page, it, where)
        shown = _course(page, it, where, rows)
    shown_rows = [row for row in rows if row["period"] == period]
    by_hub = [*(row for row in shown_rows if row["level"] == "hub"), *counted_for_no_hub(shown_rows)]
    together = [row for level in ("ministry", "region") for row in shown_rows if row["level"] == level]
    mark_moved(page, [*shown, *together, *by_hub])
    mark_changed(page, {id(row): row for row in (*shown, *together, *by_hub)}.values(), f"code={it.code}")
    try:
        wanted = [("where", where)] if where is not None else []
        evidence = page.table(catalogue.EVIDENCE, {"code": it.code}, ("period", period), *wanted)
        withheld, count = page.withheld, evidence.num_rows
        entries = evidence.to_pylist() if it.counts_once else evidence.slice(0, MOST).to_pylist()
    except Problem as refused:
        if refused.code != IN_EDITIONS:
            raise
        entries, withheld, count = None, 0, 0
    if entries is not None and it.counts_once:
        entries = _counted_once(entries)
        count = len(entries)
    return {
        "it": it,
        "period": period,
        "periods": periods,
        "narrowed": narrowed,
        "course": shown,
        "charts": panels(page, [(narrowed or page.say(PAGES["all_hubs"]), shown)]),
        "hub_charts": panels(page, _by_hub(page, rows)),
        "rows": by_hub,
        "together": together,
        "whole": next((row for row in shown_rows if row["level"] == "nation"), None),
        "entries": entries and [*map(_dated, entries[:MOST])],
        "count": count,
        "withheld": withheld,
    }


def _by_hub(page: Page, rows: list[Row]) -> list[tuple[str, list[Row]]]:
    """The course of each hub, under its name."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row["level"] == "hub":
            found.setdefault(row["key"], []).append(row)
    return [(page.named(course[-1]) or hub, course) for hub, course in sorted(found.items())]


def _narrowed(page: Page, it: Indicator, where: str) -> str:
    """A condition on a slice in words; as it was given where it is on something else."""
    for column, test in parse_where([where]).items():
        if column in TERMS.levels and (of := test.only) is not None:
            named = page.hub(of) if column == "hub" else page.slice(column, of)
            level = REPORT.topic if column == "field" and is_topic(it.code) else TERMS.levels[column]
            return page.say(at_level(level, (named, named)))
    return where


def _course(page: Page, it: Indicator, where: str, rows: list[Row]) -> list[Row]:
    """The figure by half-year under a condition: a row of the tower where that is of one of its levels."""
    tests = parse_where([where])
    (column, test), *more = tests.items()
    if not more and column in LEVELS and test.only is not None:
        return [row for row in rows if row["level"] == column and row["key"] == test.only]
    slices = [name for name in tests if name in SLICES]
    if not slices:
        return []
    try:
        found = page.rows(catalogue.INDICATOR, {"code": it.code}, ("by", "period"), ("where", where))
    except Problem as refused:
        if refused.code != IN_EDITIONS:
            raise
        return []
    bare = dict.fromkeys(("target", "change", "trend", "improved", "edition", "previous"))
    return [row | bare | {"unit": it.unit, "why": _why(row)} for row in found if row["period"]]


def _why(row: Row) -> str | None:
    if row["value"] is not None:
        return "partly_missing" if row["missing"] else None
    return "no_evidence" if not row["evidence"] else "missing" if row["missing"] else "undefined"


def _counted_once(entries: list[Row]) -> list[Row]:
    """The rows behind a figure that counts once whatever it is sliced by: one of each, with all its countries."""
    found: dict[str, Row] = {}
    for row in entries:
        one = found.setdefault(row["key"], row | {"countries": []})
        if row["country"] is not None:
            one["countries"].append(row["country"])
    return [*found.values()]


def _dated(row: Row) -> Row:
    """An entry with the day from which it counts, where that is not the one when it happened."""
    counts = row["effective_at"]
    return row | {"effective_on": counts.astimezone(SEOUL).date() if counts != row["occurred_at"] else None}


def stream(page: Page) -> Context:
    document = page.document(catalogue.STREAM, {"stream": page.names["stream"]})
    page.called = called(page, [document["history"], document["state"]])
    return {
        "it": document,
        "rules": IRREGULARITIES,
        "changes": dict(_changes(document["history"])),
        "clocks": clocks_of(page, document["stream"]) if document["kind"] == "case" else (),
        "at_the_hub": at_the_hub,
    }


def _changes(history: list[Row]) -> Iterator[tuple[int, Row]]:
    """By the position of each correction, what it changed in the entry as it was before: of each field both values,
    None where it has none. Nothing for an entry that is not in the history."""
    current: dict[int, Row] = {}
    for row in history:
        entry, fact = row["entry"], row["entry"]["fact"]
        if fact["type"] != tag(EntryCorrected):
            current[row["position"]] = fact | {"occurred_at": entry["occurred_at"]}
        elif before := current.get(fact["entry"]):
            after = fact["data"] | {"occurred_at": fact.get("occurred_at", before["occurred_at"])}
            names = [*before, *(name for name in after if name not in before)]
            both = {name: (before.get(name), after.get(name)) for name in names}
            yield row["position"], {name: it for name, it in both.items() if it[0] != it[1]}
            current[fact["entry"]] = after


def entry(page: Page) -> Context:
    """An entry with its proof, for the browser to check."""
    position = page.names["position"]
    later = page.at.known is not None and int(position) > page.at.known
    proof = page.file(catalogue.PROOF, {}, ("position", position), ("event", "true"), format_="tlog-proof")
    document = page.document(catalogue.EVENT, {"position": position})
    page.called = called(page, document)
    return {
        "it": document,
        "proof": proof.body.decode(),
        "keys": [page.source.sealer.verifier, *(it.key for it in page.source.cosignatures.policy.witness)],
        "later": later,
        "why": {it: page.say(PAGES[f"proof_why_{it}"]) for it in NOT_PROVEN},
        "signed": {it: page.say(PAGES[f"proof_signed_{it}"]) for it in SIGNED},
    }


def editions(page: Page) -> Context:
    return {"editions": editions_known(page)}


def irregularities(page: Page) -> Context:
    table, withheld = page.table(catalogue.VIEW, {"view": "irregularities"}, *chosen(page, "hub")), page.withheld
    counts = counted(table, "code")
    return {
        "found": {code: among(table, "code", [code]).slice(0, MOST).to_pylist() for code in counts},
        "counts": counts,
        "rules": IRREGULARITIES,
        "who": WHO.who,
        "withheld": withheld,
        "choices": checked(page, {"hub": hub_choice(page)}),
    }
