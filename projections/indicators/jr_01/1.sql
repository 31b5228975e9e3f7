-- code: JR-01          version: 1       class: output
-- ko: 신규 착수 과제       en: Projects launched
-- unit: project                         aggregate: sum(amount)::DOUBLE
-- counts: projects first launched in the period, by the share of each credited hub; without shares, all for the owner
SELECT launched.position, coalesce(credit.hub, launched.hub) AS hub, launched.occurred_at, field, country,
       coalesce(credit.share, 1::DECIMAL(38, 12)) AS amount
FROM first_per_stream('project_launched') AS launched
LEFT JOIN project_credit AS credit USING (stream)
LEFT JOIN project_slice USING (stream)
