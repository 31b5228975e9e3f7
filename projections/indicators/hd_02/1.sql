-- code: HD-02          version: 1       class: process
-- ko: 최초응답 중앙값     en: First-response median
-- unit: calendar minutes                aggregate: median(amount)
-- counts: cases first answered in the period, less those merged into another; from the first opening
SELECT answered.position, answered.hub, answered.occurred_at, case_topic.topic AS field, NULL AS country,
       minutes(opened.occurred_at, answered.occurred_at) AS amount
FROM first_per_stream('case_opened') AS opened
JOIN first_per_stream('case_first_response_sent') AS answered USING (stream)
JOIN case_topic USING (stream)
ANTI JOIN case_absorbed USING (stream)
