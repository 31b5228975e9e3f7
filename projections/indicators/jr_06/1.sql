-- code: JR-06          version: 1       class: outcome
-- ko: 국제공저논문          en: Co-authored papers
-- unit: paper                            aggregate: sum(amount)::DOUBLE
-- counts: papers of Korea and at least one other country, each identifier once, first verified in the period and not rejected since; by the
--         share of each credited hub of the project that was verified first; without shares, all for the owner
SELECT verified.position, coalesce(credit.hub, verified.hub) AS hub, verified.occurred_at, field, country,
       coalesce(credit.share, 1::DECIMAL(38, 12)) AS amount
FROM verified_outputs AS verified
LEFT JOIN project_credit AS credit USING (stream)
LEFT JOIN project_slice USING (stream)
WHERE verified.kind = 'PAPER' AND list_contains(countries, 'KR') AND len(list_distinct(countries)) > 1
