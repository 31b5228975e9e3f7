SELECT arrived.position, arrived.hub, arrived.occurred_at, arrived.stream
FROM exchange_arrived AS arrived
WHERE NOT EXISTS (FROM exchange_accepted AS accepted WHERE accepted.stream = arrived.stream)
