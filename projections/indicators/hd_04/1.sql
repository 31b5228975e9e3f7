SELECT resolved.position, resolved.hub, resolved.occurred_at, case_topic.topic AS field, NULL AS country,
       minutes(opened.occurred_at, resolved.occurred_at) AS amount
FROM first_per_stream('case_opened') AS opened
JOIN last_per_stream('case_resolved') AS resolved USING (stream)
JOIN case_topic USING (stream)
ANTI JOIN case_absorbed USING (stream)
