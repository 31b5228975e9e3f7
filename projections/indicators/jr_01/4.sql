SELECT launched.position, coalesce(credit.hub, launched.hub) AS hub, launched.occurred_at, field, joined.country,
       coalesce(credit.share, 1::DECIMAL(38, 12)) AS amount, concat(stream, '/', coalesce(credit.hub, launched.hub)) AS key,
       half_year(launched.effective_at) AS period
FROM first_per_stream('project_launched') AS launched
LEFT JOIN project_credit AS credit USING (stream)
LEFT JOIN (SELECT stream, field FROM project_slice) AS slice USING (stream)
LEFT JOIN (FROM project_country WHERE country <> 'KR') AS joined USING (stream)
