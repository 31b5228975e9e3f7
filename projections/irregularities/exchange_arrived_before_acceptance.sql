SELECT arrived.position, arrived.hub, arrived.occurred_at, arrived.stream
FROM exchange_arrived AS arrived
JOIN (SELECT stream, max(occurred_at) AS occurred_at FROM exchange_accepted GROUP BY stream) AS accepted USING (stream)
WHERE happened_at(arrived.occurred_at, arrived.effective_at) < accepted.occurred_at
