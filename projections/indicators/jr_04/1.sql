SELECT spent.position, spent.hub, spent.occurred_at, field, country, krw(spent.money, rate.rate) AS amount,
       0::DECIMAL(38, 2) AS against, half_year(spent.occurred_at) AS period
FROM project_funding_spent AS spent
LEFT JOIN krw_rate AS rate ON rate.currency = spent.money.currency AND rate.day = seoul(spent.occurred_at)::DATE
LEFT JOIN project_slice USING (stream)
UNION ALL
SELECT committed.position, committed.hub, committed.occurred_at, field, country, 0, krw(committed.money, rate.rate),
       coalesce(committed.period, half_year(committed.occurred_at))
FROM project_funding_committed AS committed
LEFT JOIN krw_rate AS rate ON rate.currency = committed.money.currency AND rate.day = seoul(committed.occurred_at)::DATE
LEFT JOIN project_slice USING (stream)
