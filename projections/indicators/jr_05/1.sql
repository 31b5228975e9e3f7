SELECT committed.position, committed.hub, committed.occurred_at, field, country,
       CASE WHEN funder = 'PARTNER' THEN krw(committed.money, rate.rate) ELSE 0 END AS amount,
       CASE WHEN funder = 'KR' THEN krw(committed.money, rate.rate) ELSE 0 END AS against,
       coalesce(committed.period, half_year(committed.occurred_at)) AS period
FROM project_funding_committed AS committed
LEFT JOIN krw_rate AS rate ON rate.currency = committed.money.currency AND rate.day = seoul(committed.occurred_at)::DATE
LEFT JOIN project_slice USING (stream)
