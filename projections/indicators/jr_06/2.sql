SELECT verified.position, coalesce(credit.hub, verified.hub) AS hub, verified.occurred_at, field, country,
       coalesce(credit.share, 1::DECIMAL(38, 12)) AS amount
FROM verified_outputs AS verified
LEFT JOIN project_credit AS credit USING (stream)
LEFT JOIN project_slice_abroad USING (stream)
WHERE verified.kind = 'PAPER' AND list_contains(countries, 'KR') AND len(list_distinct(countries)) > 1
