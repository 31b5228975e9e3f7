-- code: JR-07          version: 1       class: outcome
-- ko: 국제공동특허          en: Joint patents
-- unit: family                           aggregate: sum(amount)::DOUBLE
-- counts: patent families with applicants of at least two countries, each identifier once, first verified in the period and not rejected since; by the
--         share of each credited hub of the project that was verified first; without shares, all for the owner
SELECT verified.position, coalesce(credit.hub, verified.hub) AS hub, verified.occurred_at, field, country,
       coalesce(credit.share, 1::DECIMAL(38, 12)) AS amount
FROM verified_outputs AS verified
LEFT JOIN project_credit AS credit USING (stream)
LEFT JOIN project_slice USING (stream)
WHERE verified.kind = 'PATENT' AND len(list_distinct(countries)) > 1
