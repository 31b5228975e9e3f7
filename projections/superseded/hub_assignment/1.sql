-- From which half-year on each hub belongs to which ministry (소관부처) and region (권역): figures of a half-year go by
-- what held at its end, those of before the first designation by the first.
CREATE VIEW hub_assignment AS
WITH stated AS (
    SELECT position, stream, occurred_at, ministry, region FROM hub_designated
    UNION ALL SELECT position, stream, occurred_at, ministry, region FROM hub_transferred
), filled AS (
    SELECT split_part(stream, ':', 2) AS hub, occurred_at, position,
           last_value(ministry IGNORE NULLS) OVER course AS ministry,
           last_value(region IGNORE NULLS) OVER course AS region,
           row_number() OVER course = 1 AS first
    FROM stated WINDOW course AS (PARTITION BY stream ORDER BY occurred_at, position)
)
SELECT hub, CASE WHEN first THEN '' ELSE half_year(occurred_at) END AS since, ministry, region
FROM filled
QUALIFY row_number() OVER (PARTITION BY hub, since ORDER BY occurred_at DESC, position DESC) = 1;
