WITH closed AS (
    FROM last_per_stream('case_closed')
), reopened AS (
    SELECT closed.stream, max(moment(again.occurred_at, again.position)) AS at
    FROM closed JOIN case_reopened AS again ON again.stream = closed.stream
        AND moment(again.occurred_at, again.position) < moment(closed.occurred_at, closed.position)
    GROUP BY closed.stream
), rated AS (
    SELECT stream, max(moment(occurred_at, position)) AS at FROM case_requester_rating GROUP BY stream
)
SELECT closed.position, closed.hub, closed.occurred_at, case_topic.topic AS field, NULL AS country,
       coalesce(rated.at > coalesce(reopened.at, rated.at - 1), false)::INTEGER AS amount
FROM closed
LEFT JOIN case_topic USING (stream)
LEFT JOIN reopened USING (stream)
LEFT JOIN rated USING (stream)
ANTI JOIN case_absorbed USING (stream)
