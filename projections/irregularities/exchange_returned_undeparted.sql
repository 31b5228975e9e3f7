SELECT returned.position, returned.hub, returned.occurred_at, returned.stream
FROM exchange_returned AS returned
ANTI JOIN exchange_departed AS departed
    ON departed.stream = returned.stream
   AND happened_at(departed.occurred_at, departed.effective_at) <= happened_at(returned.occurred_at, returned.effective_at)
ANTI JOIN exchange_arrived AS arrived
    ON arrived.stream = returned.stream
   AND happened_at(arrived.occurred_at, arrived.effective_at) <= happened_at(returned.occurred_at, returned.effective_at)
