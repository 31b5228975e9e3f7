SELECT returned.position, returned.hub, returned.occurred_at, returned.stream
FROM exchange_returned AS returned
JOIN (SELECT stream, min("on") AS first_day FROM exchange_arrived GROUP BY stream) AS arrived USING (stream)
WHERE returned."on" < arrived.first_day
