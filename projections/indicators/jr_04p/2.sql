SELECT spent.position, spent.hub, spent.occurred_at, field, country, krw AS amount, 0::DECIMAL(38, 2) AS against,
       half_year(spent.occurred_at) AS period, rate_set, rate_age
FROM in_krw('project_funding_spent') AS spent
LEFT JOIN project_slice_abroad USING (stream)
WHERE funder = 'PARTNER'
UNION ALL
SELECT committed.position, committed.hub, committed.occurred_at, field, country, 0, krw,
       coalesce(committed.period, half_year(committed.occurred_at)), rate_set, rate_age
FROM in_krw('project_funding_committed') AS committed
LEFT JOIN project_slice_abroad USING (stream)
WHERE funder = 'PARTNER'
