SELECT closed.position, closed.hub, closed.occurred_at, case_topic.topic AS field, NULL AS country,
       EXISTS (FROM case_satisfaction_rated AS rated WHERE rated.stream = closed.stream)::INTEGER AS amount
FROM last_per_stream('case_closed') AS closed
LEFT JOIN case_topic USING (stream)
ANTI JOIN case_absorbed USING (stream)
