-- code: project.spent_over_committed    version: 1
-- ko: 약정액 초과 집행                    en: Spent more than was committed
-- rule: Innovation Act 13; money is spent within what its funder committed, each currency for itself
--       (of an amount beyond all measure, which no new entry has, 10^19 counts, so that any can be added up)
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
