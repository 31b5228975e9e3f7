SELECT committed.position, committed.hub, committed.occurred_at, field, country,
       CASE WHEN funder = 'PARTNER' THEN krw ELSE 0 END AS amount,
       CASE WHEN funder = 'KR' THEN krw ELSE 0 END AS against,
       coalesce(committed.period, half_year(committed.occurred_at)) AS period, rate_set, rate_age
FROM in_krw('project_funding_committed') AS committed
LEFT JOIN project_slice_abroad USING (stream)
