SELECT returned.position, returned.hub, returned.occurred_at, returned.stream
FROM exchange_returned AS returned
WHERE NOT EXISTS (FROM exchange_departed AS departed
                  WHERE departed.stream = returned.stream AND happened_at(departed.occurred_at, departed.effective_at) <= happened_at(returned.occurred_at, returned.effective_at))
  AND NOT EXISTS (FROM exchange_arrived AS arrived
                  WHERE arrived.stream = returned.stream AND happened_at(arrived.occurred_at, arrived.effective_at) <= happened_at(returned.occurred_at, returned.effective_at))
