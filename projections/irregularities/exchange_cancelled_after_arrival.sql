SELECT cancelled.position, cancelled.hub, cancelled.occurred_at, cancelled.stream
FROM exchange_cancelled AS cancelled
SEMI JOIN exchange_arrived AS arrived
    ON arrived.stream = cancelled.stream
   AND happened_at(arrived.occurred_at, arrived.effective_at) < cancelled.occurred_at
