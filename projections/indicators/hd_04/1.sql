-- code: HD-04          version: 1       class: process
-- ko: 해결시간 중앙값     en: Resolution median
-- unit: calendar minutes                aggregate: median(amount)
-- counts: cases last resolved in the period, less those merged into another; from the first opening
SELECT resolved.position, resolved.hub, resolved.occurred_at, case_topic.topic AS field, NULL AS country,
       minutes(opened.occurred_at, resolved.occurred_at) AS amount
FROM first_per_stream('case_opened') AS opened
JOIN last_per_stream('case_resolved') AS resolved USING (stream)
JOIN case_topic USING (stream)
ANTI JOIN case_absorbed USING (stream)
