SELECT departed.position, departed.hub, departed.occurred_at, departed.stream
FROM exchange_departed AS departed
WHERE NOT EXISTS (FROM exchange_accepted AS accepted WHERE accepted.stream = departed.stream)
