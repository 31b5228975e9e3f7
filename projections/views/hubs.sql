-- What befell the designation of each hub, each status until the next. What is revoked is not suspended: it stays so until
-- it is reinstated or designated anew.
CREATE VIEW hub_status AS
WITH told AS (
    SELECT position, stream, effective_at, occurred_at, 'designated' AS status, false AS revoked FROM hub_designated
    UNION ALL SELECT position, stream, effective_at, occurred_at, 'suspended', NULL FROM hub_suspended
    UNION ALL SELECT position, stream, effective_at, occurred_at, 'designated', false FROM hub_reinstated
    UNION ALL SELECT position, stream, effective_at, occurred_at, 'revoked', true FROM hub_revoked
), fact AS (
    FROM told
    QUALIFY revoked IS NOT NULL OR NOT coalesce(
        last_value(revoked IGNORE NULLS) OVER (PARTITION BY stream ORDER BY effective_at, occurred_at, position), false)
)
SELECT position, stream, split_part(stream, ':', 2) AS hub, status, effective_at AS began,
       lead(effective_at, 1, 'infinity'::TIMESTAMP) OVER (PARTITION BY stream ORDER BY effective_at, occurred_at, position) AS ended
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

-- Hubs (글로벌 R&D 전략거점센터), one row each, as the last designation names them; ministry and region are those of now.
CREATE VIEW hubs AS
SELECT hub, stream, status, name_ko, name_en, assigned.ministry, assigned.region, city, country, tz, designated_on,
       decision_ref, calendar, calendar_version, coalesce(functions, []) AS functions, coalesce(linked, []) AS linked
FROM (SELECT hub, stream, status FROM hub_status WHERE ended = 'infinity'::TIMESTAMP) AS status
LEFT JOIN (SELECT * EXCLUDE (hub) FROM last_per_stream('hub_designated')) AS designation USING (stream)
LEFT JOIN (FROM hub_assignment QUALIFY row_number() OVER (PARTITION BY hub ORDER BY since DESC) = 1) AS assigned USING (hub)
LEFT JOIN hub_work USING (stream);
