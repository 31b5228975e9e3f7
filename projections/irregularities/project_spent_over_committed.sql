WITH spent AS (
    SELECT position, hub, occurred_at, stream, funder, money.currency AS currency,
           sum(least(greatest(money.amount, -1e19::DECIMAL(38, 12)), 1e19::DECIMAL(38, 12))) OVER (
               PARTITION BY stream, funder, money.currency ORDER BY occurred_at, position) AS total
    FROM project_funding_spent
), committed AS (
    SELECT stream, funder, money.currency AS currency, sum(least(greatest(money.amount, -1e19::DECIMAL(38, 12)), 1e19::DECIMAL(38, 12))) AS total
    FROM project_funding_committed GROUP BY ALL
)
SELECT spent.position, spent.hub, spent.occurred_at, spent.stream
FROM spent
LEFT JOIN committed USING (stream, funder, currency)
WHERE spent.total > coalesce(committed.total, 0)
