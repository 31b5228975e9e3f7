WITH cohort AS (
    SELECT position, stream, hub, occurred_at, months_later(occurred_at, 24) AS matures_at
    FROM first_per_stream('expansion_company_enrolled')
)
SELECT cohort.position, cohort.hub, cohort.occurred_at, NULL AS field, country,
       EXISTS (FROM expansion_local_entity_established AS entity
               WHERE entity.stream = cohort.stream AND entity.effective_at <= matures_at)::INTEGER AS amount,
       half_year(matures_at) AS period
FROM cohort
LEFT JOIN expansion_slice USING (stream)
WHERE matures_at <= (SELECT ends_at FROM cut)
