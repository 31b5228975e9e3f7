SELECT returned.position, returned.hub, returned.occurred_at, returned.stream
FROM exchange_returned AS returned
WHERE NOT EXISTS (FROM exchange_departed AS departed
                  WHERE departed.stream = returned.stream AND departed.occurred_at <= returned.occurred_at)
  AND NOT EXISTS (FROM exchange_arrived AS arrived
                  WHERE arrived.stream = returned.stream AND arrived.occurred_at <= returned.occurred_at)
