SELECT arrived.position, arrived.hub, arrived.occurred_at, arrived.stream
FROM exchange_arrived AS arrived
ANTI JOIN exchange_accepted AS accepted ON accepted.stream = arrived.stream
