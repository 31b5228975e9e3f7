WITH told AS (
    SELECT position, hub, stream, occurred_at, effective_at, region, country FROM hub_designated
    UNION ALL BY NAME SELECT position, hub, stream, occurred_at, effective_at, region FROM hub_transferred
), filled AS (
    SELECT * REPLACE (
        last_value(region IGNORE NULLS) OVER course AS region, last_value(country IGNORE NULLS) OVER course AS country)
    FROM told WINDOW course AS (PARTITION BY stream ORDER BY effective_at, occurred_at, position)
)
SELECT position, hub, occurred_at, stream
FROM filled
WHERE country IN (SELECT country FROM region_country)
  AND (region, country) NOT IN (SELECT (region, country) FROM region_country)
