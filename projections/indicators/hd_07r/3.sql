WITH standing AS (
    SELECT stream, count(*) AS closure FROM case_closing WHERE closes GROUP BY stream
)
SELECT closed.position, closed.hub, closed.occurred_at, case_topic.topic AS field, NULL AS country,
       (rated.stream IS NOT NULL)::INTEGER AS amount
FROM last_per_stream('case_closed') AS closed
JOIN standing USING (stream)
LEFT JOIN case_topic USING (stream)
LEFT JOIN (SELECT stream, closure FROM case_closure_rating) AS rated
    ON rated.stream = closed.stream AND rated.closure = standing.closure
ANTI JOIN case_absorbed ON case_absorbed.stream = closed.stream
