SELECT rated.position, rated.hub, rated.occurred_at, case_topic.topic AS field, NULL AS country, rated.score AS amount
FROM (
    FROM case_requester_rating
    QUALIFY row_number() OVER (PARTITION BY stream, closures ORDER BY occurred_at DESC, position DESC) = 1
) AS rated
LEFT JOIN case_topic USING (stream)
