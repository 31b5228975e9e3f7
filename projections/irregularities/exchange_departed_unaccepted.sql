SELECT departed.position, departed.hub, departed.occurred_at, departed.stream
FROM exchange_departed AS departed
ANTI JOIN exchange_accepted AS accepted ON accepted.stream = departed.stream
