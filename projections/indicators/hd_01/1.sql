SELECT opened.position, opened.hub, opened.occurred_at, case_topic.topic AS field, NULL AS country, 1 AS amount
FROM first_per_stream('case_opened') AS opened
JOIN case_topic USING (stream)
ANTI JOIN case_absorbed USING (stream)
