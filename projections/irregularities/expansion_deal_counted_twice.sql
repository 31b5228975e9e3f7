SELECT position, hub, occurred_at, stream
FROM (
    SELECT *, first_value(stream) OVER (PARTITION BY company, partner, kind, ref ORDER BY occurred_at, position) AS first
    FROM expansion_deal_of_root
)
WHERE stream <> first
