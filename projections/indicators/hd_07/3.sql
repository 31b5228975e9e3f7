SELECT rated.position, rated.hub, rated.occurred_at, case_topic.topic AS field, NULL AS country, rated.score AS amount
FROM case_closure_rating AS rated
LEFT JOIN case_topic USING (stream)
ANTI JOIN case_absorbed ON case_absorbed.stream = rated.stream
