"""The view of all (범부처): every figure of the nation, and of each ministry, region and hub, in one row each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from domain.vocabulary import MINISTRIES, REGIONS, Vocabulary
from domain.words import TERMS
from projections.definitions import INDICATORS, Indicator
from projections.mirror.put_together import PutTogether

UNASSIGNED, NO_HUB = "unassigned", "none"
"""The level, and the key, of what belongs to no designated hub (미지정)."""

LEVELS = ("nation", "ministry", "region", "hub", UNASSIGNED)

TOLD = ("value", "evidence", "missing", "attained", "earlier_rate", "rate_sets")
"""The columns of a row about its own figure."""

COMPARED = ("previous", "change", "trend", "improved", "hubs_with_value", "hubs_median", "share_of_nation")
"""The columns that compare it with other figures."""

_SLICES = {"ministry": "hubs.ministry", "region": "hubs.region", "hub": "evidence.hub"}


def level_figures(
    it: Indicator,
    put: PutTogether,
    assignment: str = "hub_assignment",
    by: Iterable[str] = ("ministry", "region"),
) -> str:
    """The figure of a half-year over all, and by these levels: each computed from the evidence, none from other
    figures. Ministry and region are those at the end of the half-year; NULL of what belongs to no designated hub.

    Rows find their hub by a hash: an ASOF join would sort them.
    """
    level = "".join(f"WHEN grouping({_SLICES[name]}) = 0 THEN '{name}' " for name in by)
    of = "".join(f"WHEN grouping({_SLICES[name]}) = 0 THEN {_SLICES[name]} " for name in by)
    sets = ", ".join(f"(evidence.period, {_SLICES[name]})" for name in by)
    return (
        f"SELECT '{it.code}' AS code, CASE {level}ELSE 'nation' END AS level, CASE {of}ELSE 'KR' END AS unit, "
        f"evidence.period AS period, {put.columns} FROM {put.rows} AS evidence "
        "LEFT JOIN (SELECT hub, ministry, region, since, lead(since, 1, '~') OVER (PARTITION BY hub ORDER BY since) "
        f"AS until FROM {assignment} WHERE concat('hub:', hub) IN (SELECT stream FROM hub_designated)) AS hubs "
        "ON hubs.hub = evidence.hub AND evidence.period >= hubs.since AND evidence.period < hubs.until "
        f"GROUP BY GROUPING SETS ((evidence.period), {sets})"
    )


def by_level(figures: str, levels: str) -> str:
    """The figures of each level, from those of hubs (`code, hub, period`) and of the levels above."""
    columns = "value, evidence, missing, earlier_rate, rate_sets"
    hubs = f"SELECT code, 'hub' AS level, hub AS unit, period, {columns} FROM {figures}"
    return f"({hubs} UNION ALL SELECT code, level, unit, period, {columns} FROM {levels})"


def control_tower(figures: str, tables: Mapping[str, str] | None = None) -> str:
    """The rows of the view, from the figures of each level. `tables` names the tables to read in place of views.

    Every unit has a row for every indicator and half-year; `why` is the reason where there is no value. What belongs to
    no designated hub has a level of its own: together with any other level it adds up to the nation, but it is no hub.
    """
    names = {name: name for name in ("hubs", "period", "hub_assignment", "targets")} | dict(tables or {})
    defined = ", ".join(_defined(it) for it in INDICATORS.values())
    ministries, regions = _names(MINISTRIES), _names(REGIONS)
    return f"""
WITH figure_ AS (
    SELECT * REPLACE (CASE WHEN unit IS NULL THEN '{UNASSIGNED}' ELSE level END AS level,
                      coalesce(unit, '{NO_HUB}') AS unit)
    FROM {figures} WHERE unit IS NOT NULL OR level = 'ministry'
),
half AS (
    SELECT period, half_year_starts(period) AS starts_at, half_year(starts_at - INTERVAL 1 DAY) AS previous_period
    FROM (SELECT period FROM {names["period"]} UNION SELECT period FROM figure_ WHERE period IS NOT NULL)
),
hub_of AS (
    SELECT slot.hub, slot.period, held.ministry, held.region
    FROM (SELECT hub, period FROM {names["hubs"]}, half) AS slot
    ASOF LEFT JOIN {names["hub_assignment"]} AS held ON held.hub = slot.hub AND slot.period >= held.since
),
unit_of AS (
    SELECT 'nation' AS level, 'KR' AS unit, NULL::VARCHAR AS hub, NULL::VARCHAR AS ministry, NULL::VARCHAR AS region,
           period
    FROM half
    UNION ALL SELECT DISTINCT 'ministry', ministry, NULL, ministry, NULL, period FROM hub_of WHERE ministry IS NOT NULL
    UNION ALL SELECT DISTINCT 'region', region, NULL, NULL, region, period FROM hub_of WHERE region IS NOT NULL
    UNION ALL SELECT 'hub', hub, hub, ministry, region, period FROM hub_of
    UNION ALL SELECT DISTINCT level, unit, NULL, NULL, NULL, period FROM figure_ WHERE level = '{UNASSIGNED}'
),
within AS (
    SELECT level, unit, period, code, count(value) AS hubs_with_value, median(value) AS hubs_median
    FROM (
        SELECT code, figure_.period AS period, value, unnest(['nation', 'ministry', 'region']) AS level,
               unnest(['KR', ministry, region]) AS unit
        FROM figure_ JOIN hub_of ON hub_of.hub = figure_.unit AND hub_of.period = figure_.period WHERE level = 'hub'
    ) GROUP BY ALL
),
defined (code, version, class, indicator_ko, indicator_en, unit_of_measure, unit_ko, better, persons, adds_up) AS (
    VALUES {defined}
),
ministry_name (code, since, ko, en) AS (VALUES {ministries}), region_name (code, since, ko, en) AS (VALUES {regions}),
rowed AS (
    SELECT unit_of.*, defined.* EXCLUDE (unit_of_measure), unit_of_measure AS measured_in,
           own.value, own.evidence, coalesce(own.missing, 0) AS missing, own.earlier_rate, own.rate_sets,
           before.value AS previous, nation.value AS of_nation, target.value::DOUBLE AS target, target.late AS late_set,
           within.hubs_with_value, within.hubs_median, starts_at, previous_period
    FROM unit_of JOIN half USING (period) CROSS JOIN defined
    LEFT JOIN figure_ AS own ON own.code = defined.code AND own.level = unit_of.level AND own.unit = unit_of.unit
        AND own.period = unit_of.period
    LEFT JOIN figure_ AS before ON before.code = defined.code AND before.level = unit_of.level
        AND before.unit = unit_of.unit AND before.period = previous_period
    LEFT JOIN figure_ AS nation ON nation.code = defined.code AND nation.level = 'nation'
        AND nation.period = unit_of.period
    LEFT JOIN within ON within.code = defined.code AND within.period = unit_of.period
        AND within.level = CASE unit_of.level WHEN 'hub' THEN 'nation' ELSE unit_of.level END
        AND within.unit = CASE unit_of.level WHEN 'hub' THEN 'KR' ELSE unit_of.unit END
    LEFT JOIN {names["targets"]} AS target ON target.code = defined.code AND target.period = unit_of.period
        AND unit_of.level IN ('nation', 'hub') AND target.hub IS NOT DISTINCT FROM unit_of.hub
)
SELECT rowed.period, rowed.level, rowed.unit AS key,
       CASE rowed.level WHEN 'nation' THEN {_text(TERMS.levels["nation"].ko)}
            WHEN 'hub' THEN hubs.name_ko WHEN 'region' THEN region_name.ko
            WHEN '{UNASSIGNED}' THEN {_text(TERMS.levels[UNASSIGNED].ko)} ELSE ministry_name.ko END AS name_ko,
       CASE rowed.level WHEN 'nation' THEN {_text(TERMS.levels["nation"].en)}
            WHEN 'hub' THEN hubs.name_en WHEN 'region' THEN region_name.en
            WHEN '{UNASSIGNED}' THEN {_text(TERMS.levels[UNASSIGNED].en)} ELSE ministry_name.en END AS name_en,
       rowed.hub, rowed.ministry, rowed.region, rowed.code, version, class, indicator_ko, indicator_en,
       measured_in AS unit, rowed.unit_ko, better, value, coalesce(evidence, 0) AS evidence, missing,
       CASE WHEN value IS NOT NULL THEN CASE WHEN missing > 0 THEN 'partly_missing' END
            WHEN evidence IS NULL THEN 'no_evidence'
            WHEN missing > 0 THEN 'missing' ELSE 'undefined' END AS why,
       target, late_set,
       CASE better WHEN 'higher' THEN round(value, 6) >= target
                   WHEN 'lower' THEN round(value, 6) <= target END AS attained,
       previous_period, previous, round(value, 6) - round(previous, 6) AS change,
       CASE WHEN round(value, 6) > round(previous, 6) THEN 'up' WHEN round(value, 6) < round(previous, 6) THEN 'down'
            WHEN value IS NOT NULL AND previous IS NOT NULL THEN 'same' END AS trend,
       CASE better WHEN 'higher' THEN nullif(sign(round(value, 6) - round(previous, 6)), 0) > 0
                   WHEN 'lower' THEN nullif(sign(round(value, 6) - round(previous, 6)), 0) < 0 END AS improved,
       coalesce(hubs_with_value, 0) AS hubs_with_value, hubs_median,
       CASE WHEN adds_up AND rowed.level <> 'nation' THEN value / nullif(of_nation, 0) END AS share_of_nation,
       earlier_rate, rate_sets, persons,
       CASE WHEN cut.ends_at >= starts_at + INTERVAL 6 MONTH - INTERVAL 1 MICROSECOND THEN 'ended'
            ELSE 'running' END AS state,
       published.edition
FROM rowed
CROSS JOIN (SELECT coalesce(getvariable('valid')::TIMESTAMP, getvariable('now')::TIMESTAMP) AS ends_at) AS cut
LEFT JOIN {names["hubs"]} AS hubs ON rowed.level = 'hub' AND hubs.hub = rowed.hub
LEFT JOIN region_name ON rowed.level = 'region' AND region_name.code = rowed.region
ASOF LEFT JOIN ministry_name ON ministry_name.code = rowed.ministry
    AND (rowed.starts_at + INTERVAL 6 MONTH + INTERVAL 9 HOUR)::DATE > ministry_name.since
LEFT JOIN (SELECT period, max(edition) AS edition FROM editions WHERE NOT withdrawn GROUP BY period) AS published
    ON published.period = rowed.period
"""


def _defined(it: Indicator) -> str:
    texts = (it.class_, it.ko, it.en, it.unit, it.unit_ko, it.better)
    return f"({_text(it.code)}, {it.version}, {', '.join(map(_text, texts))}, {it.persons}, {it.adds_up})"


def _names(of: Vocabulary) -> str:
    terms = ((term.code, term.since, term.ko, term.en) for term in of.terms)
    return _rows(
        (_text(code), f"DATE '{since or '0001-01-01'}'", _text(ko), _text(en)) for code, since, ko, en in terms
    )


def _rows(rows: Iterable[Iterable[str]]) -> str:
    return ", ".join(f"({', '.join(row)})" for row in rows)


def _text(said: str | None) -> str:
    return "NULL::VARCHAR" if said is None else "'" + said.replace("'", "''") + "'"
