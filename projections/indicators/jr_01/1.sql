SELECT launched.position, coalesce(credit.hub, launched.hub) AS hub, launched.occurred_at, field, country,
       coalesce(credit.share, 1::DECIMAL(38, 12)) AS amount
FROM first_per_stream('project_launched') AS launched
LEFT JOIN project_credit AS credit USING (stream)
LEFT JOIN project_slice USING (stream)
