WITH aligned AS (
    SELECT DISTINCT launched.stream
    FROM first_per_stream('project_launched') AS launched
    JOIN project_slice_abroad USING (stream)
    JOIN map_in_force AS map ON map.field = project_slice_abroad.field AND launched."on" BETWEEN map.first_day AND map.last_day
    JOIN (SELECT DISTINCT stream, country FROM map_level_assessed) AS assessed ON assessed.stream = map.stream
    JOIN project_country AS joined ON joined.stream = launched.stream AND joined.country = assessed.country
    WHERE joined.country <> 'KR'
)
SELECT launched.position, coalesce(credit.hub, launched.hub) AS hub, launched.occurred_at, field, country,
       CASE WHEN aligned.stream IS NULL THEN 0 ELSE coalesce(credit.share, 1::DECIMAL(38, 12)) END AS amount,
       coalesce(credit.share, 1::DECIMAL(38, 12)) AS against, half_year(launched.effective_at) AS period
FROM first_per_stream('project_launched') AS launched
LEFT JOIN aligned USING (stream)
LEFT JOIN project_credit AS credit USING (stream)
LEFT JOIN project_slice_abroad USING (stream)
