SELECT returned.position, returned.hub, returned.occurred_at, returned.stream
FROM exchange_returned AS returned
JOIN last_per_stream('exchange_arrived') AS arrived USING (stream)
WHERE returned."on" < arrived."on"
