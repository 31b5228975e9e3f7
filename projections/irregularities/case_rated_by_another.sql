SELECT rated.position, rated.hub, rated.occurred_at, rated.stream
FROM case_satisfaction_rated AS rated
JOIN last_per_stream('case_opened') AS opened USING (stream)
WHERE rated."by" <> opened.requester
