SELECT answered.position, answered.hub, answered.occurred_at, case_topic.topic AS field, NULL AS country,
       minutes(opened.occurred_at, answered.occurred_at) AS amount
FROM first_per_stream('case_opened') AS opened
JOIN first_per_stream('case_first_response_sent') AS answered USING (stream)
JOIN case_topic USING (stream)
ANTI JOIN case_absorbed USING (stream)
