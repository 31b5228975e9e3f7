"""Which rows of time-dependent tables change as time passes, without new entries.

Conditions use `moment`, one row: `was` is the last moment that counts for the tables as they are, `now` that for the
record. A time-dependent table that is not named here is always rebuilt.
"""

from __future__ import annotations

from typing import NamedTuple

from projections.mirror.schema import EFFECTIVE_APART


class Passing(NamedTuple):
    """As time passes, rows of the streams that a query finds may change, or all rows if the condition `anew` holds, or
    `restated` while something touched is corrected or void."""

    streams: str | None = None
    anew: str = "false"
    restated: str = "false"


def _between(moment: str) -> str:
    return f"{moment} > was AND {moment} <= now"


def _matures(table: str, months: int) -> str:
    """The streams of facts of so many months ago; four days of margin allow for months of other lengths."""
    about, some = f"INTERVAL {months} MONTH", "INTERVAL 4 DAY"
    near = f"effective_at > was - {about} - {some} AND effective_at <= now - {about} + {some}"
    return f"SELECT stream FROM {table}, moment WHERE {near} AND {_between(f'months_later(effective_at, {months})')}"


_NEXT_DAY = Passing(
    anew="seoul(was)::DATE <> seoul(now)::DATE OR seoul(was + INTERVAL 1 MICROSECOND)::DATE <> "
    "seoul(now + INTERVAL 1 MICROSECOND)::DATE"
)
_NOTHING = Passing()
_DUE = "SELECT stream FROM settled.case_deadline, moment WHERE deadline >= was AND deadline < now"
_UNCOVERED = f"SELECT stream FROM settled.case_calendar_bound, moment WHERE {_between('known_until')}"

OCCURRED = f"""
SELECT stream FROM record.event, moment WHERE {_between(EFFECTIVE_APART)}
UNION ALL SELECT stream FROM record.event, moment WHERE {_between("occurred_at")} AND {EFFECTIVE_APART} IS NULL
UNION ALL SELECT stream FROM record.entry_corrected, moment WHERE {_between("restated_effective_at")}
"""
"""The streams with a fact that has taken effect since: any table may change."""

_OTHER_HALVES = Passing(
    anew="""
    EXISTS (FROM near_event WHERE of_the_world(kind) AND effective_at >= first_moment()
            AND half_year(effective_at) NOT IN (SELECT period FROM settled.halves))
    """,
    restated="""
    EXISTS (FROM record.entry_corrected SEMI JOIN touched USING (stream)
            WHERE half_year(restated_effective_at) NOT IN (SELECT period FROM settled.halves))
    OR coalesce((
        SELECT min(effective_at) >= (SELECT min(ends_at) FROM settled.halves)
               OR max(effective_at) < (SELECT max(starts_at) FROM settled.halves)
        FROM record.event AS event ANTI JOIN restatement ON restatement.entry = event.position
        WHERE of_the_world(kind) AND type NOT IN ('entry.corrected', 'entry.voided', 'entry.redacted')
          AND in_effect(effective_at, occurred_at)
    ), true)
    """,
)
"""Something touched lies outside of the half-years; or, if something touched is restated, the first or last of them has
no fact left that was never restated."""

RUNNING = "HD-06/1"
"""The version of an indicator whose rows of half-years that have not ended change with every entry."""

PASSING = {
    "cut": Passing(anew="true"),
    "halves": _OTHER_HALVES,
    "period": Passing(anew="true"),
    "hub_assignment": _NOTHING,
    "hubs": _NOTHING,
    "targets": _NOTHING,
    "project_reports": _NOTHING,
    "backlog_case": _NOTHING,
    "exchange_days": _NEXT_DAY,
    "exchange_stay": _NEXT_DAY,
    "DX-02/5": _NOTHING,
    "DX-02U/3": _NOTHING,
    "DX-03/2": Passing(_matures("expansion_company_enrolled", 24)),
    "EX-03/2": Passing(_matures("exchange_returned", 24)),
    "GV-01/1": _NEXT_DAY,
    "GV-03/1": _NEXT_DAY,
    "GV-04/2": _NOTHING,
    "GV-04R/2": _NOTHING,
    "HD-03/4": Passing(f"{_DUE} UNION ALL {_UNCOVERED}"),
    "HD-05/1": _NOTHING,
    "HD-06A/3": Passing(_UNCOVERED, f"EXISTS (FROM settled.open_hours, moment WHERE {_between('opens_at')})"),
    "JR-03/2": _NEXT_DAY,
    "JR-08/2": _NOTHING,
    "JR-10/3": Passing(_matures("project_completed", 12)),
    "NW-01/2": _NOTHING,
}
"""By stage or version of an indicator."""
