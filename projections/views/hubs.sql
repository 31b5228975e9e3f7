-- What befell the designation of each hub, each status until the next. What is revoked is not suspended: it stays so until
-- it is reinstated or designated anew.
CREATE VIEW hub_status AS
WITH told AS (
    SELECT position, stream, effective_at, occurred_at, 'designated' AS status, false AS revoked, designated_on AS "on",
           NULL AS reason
    FROM hub_designated
    UNION ALL SELECT position, stream, effective_at, occurred_at, 'suspended', NULL, "on", reason FROM hub_suspended
    UNION ALL SELECT position, stream, effective_at, occurred_at, 'designated', false, "on", reason FROM hub_reinstated
    UNION ALL SELECT position, stream, effective_at, occurred_at, 'revoked', true, "on", reason FROM hub_revoked
), fact AS (
    FROM told
    QUALIFY revoked IS NOT NULL OR NOT coalesce(
        last_value(revoked IGNORE NULLS) OVER (PARTITION BY stream ORDER BY effective_at, occurred_at, position), false)
)
SELECT position, stream, split_part(stream, ':', 2) AS hub, status, effective_at AS began,
       lead(effective_at, 1, 'infinity'::TIMESTAMP) OVER (PARTITION BY stream ORDER BY effective_at, occurred_at, position) AS ended,
       "on", reason
FROM fact;

-- From which half-year on each hub belongs to which ministry (소관부처) and region (권역): figures of a half-year go by
-- what held at its end, those of before the first designation by the first.
CREATE VIEW hub_assignment AS
WITH stated AS (
    SELECT position, stream, effective_at, occurred_at, ministry, region FROM hub_designated
    UNION ALL SELECT position, stream, effective_at, occurred_at, ministry, region FROM hub_transferred
), filled AS (
    SELECT split_part(stream, ':', 2) AS hub, effective_at, occurred_at, position,
           last_value(ministry IGNORE NULLS) OVER course AS ministry,
           last_value(region IGNORE NULLS) OVER course AS region,
           row_number() OVER course = 1 AS first
    FROM stated WINDOW course AS (PARTITION BY stream ORDER BY effective_at, occurred_at, position)
)
SELECT hub, CASE WHEN first THEN '' ELSE half_year(effective_at) END AS since, ministry, region
FROM filled
QUALIFY row_number() OVER (PARTITION BY hub, since ORDER BY effective_at DESC, occurred_at DESC, position DESC) = 1;

-- The last facts about each hub that change what it is for: calendar, functions, links to other centres.
CREATE VIEW hub_work AS
SELECT stream,
       arg_max(calendar, course(effective_at, occurred_at, position)) AS calendar,
       arg_max(calendar_version, course(effective_at, occurred_at, position)) AS calendar_version,
       coalesce(arg_max(functions, course(effective_at, occurred_at, position)), []) AS functions,
       coalesce(list(DISTINCT other_centre ORDER BY other_centre) FILTER (other_centre IS NOT NULL), []) AS linked
FROM (
    SELECT stream, effective_at, occurred_at, position, calendar, calendar_version FROM hub_calendar_adopted
    UNION ALL BY NAME SELECT stream, effective_at, occurred_at, position, functions FROM hub_functions_changed
    UNION ALL BY NAME SELECT stream, effective_at, occurred_at, position, other_centre FROM hub_linked
) GROUP BY stream;

-- The terms of each hub (지정기간), first and renewed, each until the day on which the next begins, `followed_on`. `renewal`
-- counts those since the last that was set anew; one that `follows` none renews nothing.
CREATE VIEW hub_terms AS
WITH told AS (
    SELECT position, stream, effective_at, occurred_at, false AS renews, starts_on, ends_on, decision_ref FROM hub_term_set
    UNION ALL
    SELECT position, stream, effective_at, occurred_at, true, starts_on, ends_on, decision_ref FROM hub_renewed
), counted AS (
    SELECT *, count(*) FILTER (NOT renews) OVER (PARTITION BY stream ORDER BY effective_at, occurred_at, position) AS anew FROM told
)
SELECT split_part(stream, ':', 2) AS hub, position, stream, starts_on, ends_on, decision_ref, renews, anew > 0 AS follows,
       count(*) FILTER (renews) OVER (PARTITION BY stream, anew ORDER BY effective_at, occurred_at, position) AS renewal,
       lead(starts_on) OVER (PARTITION BY stream ORDER BY effective_at, occurred_at, position) AS followed_on
FROM counted;

-- What each hub has to spend in each half-year (반기 예산), as allocated last.
CREATE VIEW hub_budgets AS
SELECT split_part(stream, ':', 2) AS hub, period, position, stream, "money".amount AS amount, "money".currency AS currency,
       "on", decision_ref
FROM hub_budget_allocated
QUALIFY row_number() OVER (PARTITION BY stream, period ORDER BY effective_at DESC, occurred_at DESC, position DESC) = 1;

-- Hubs (글로벌 R&D 전략거점센터), one row each, as the last designation names them; ministry and region are those of now,
-- `transfer_ref` is the decision that transferred it last. `status` holds `since` a day, for a `reason`.
CREATE VIEW hubs AS
SELECT hub, stream, status, name_ko, name_en, assigned.ministry, assigned.region, city, country, tz, designated_on,
       decision_ref, calendar, calendar_version, coalesce(functions, []) AS functions, coalesce(linked, []) AS linked,
       operator, operator_ko, operator_en, operator_since, operator_ref, term_starts_on, term_ends_on, term_ref,
       coalesce(renewals, 0) AS renewals, coalesce(budgets, MAP {}) AS budgets, status."on" AS since, status.reason, transfer_ref
FROM (SELECT hub, stream, status, "on", reason FROM hub_status WHERE ended = 'infinity'::TIMESTAMP) AS status
LEFT JOIN (SELECT * EXCLUDE (hub) FROM last_per_stream('hub_designated')) AS designation USING (stream)
LEFT JOIN (FROM hub_assignment QUALIFY row_number() OVER (PARTITION BY hub ORDER BY since DESC) = 1) AS assigned USING (hub)
LEFT JOIN hub_work USING (stream)
LEFT JOIN (SELECT stream, decision_ref AS transfer_ref FROM last_per_stream('hub_transferred')) AS transfer USING (stream)
LEFT JOIN (
    SELECT stream, operator, name_ko AS operator_ko, name_en AS operator_en, "on" AS operator_since,
           decision_ref AS operator_ref
    FROM last_per_stream('hub_operator_appointed')
) AS run USING (stream)
LEFT JOIN (
    SELECT stream, starts_on AS term_starts_on, ends_on AS term_ends_on, decision_ref AS term_ref, renewal AS renewals
    FROM hub_terms WHERE followed_on IS NULL
) AS term USING (stream)
LEFT JOIN (
    SELECT stream, map_from_entries(list((period,
        {'period': period, 'money': {'amount': amount, 'currency': currency}, 'on': "on", 'decision_ref': decision_ref})
        ORDER BY period)) AS budgets
    FROM hub_budgets GROUP BY stream
) AS budget USING (stream);
