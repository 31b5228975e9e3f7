SELECT position, hub, occurred_at, stream
FROM project_funding_spent
QUALIFY sum(least(greatest(money.amount, -1e19::DECIMAL(38, 12)), 1e19::DECIMAL(38, 12))) OVER (
    PARTITION BY stream, funder, money.currency ORDER BY occurred_at, position) < 0
