SELECT departed.position, departed.hub, departed.occurred_at, departed.stream
FROM exchange_departed AS departed
JOIN (SELECT stream, max(occurred_at) AS occurred_at FROM exchange_accepted GROUP BY stream) AS accepted USING (stream)
WHERE happened_at(departed.occurred_at, departed.effective_at) < accepted.occurred_at
