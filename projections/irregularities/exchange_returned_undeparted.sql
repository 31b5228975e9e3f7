-- code: exchange.returned_undeparted    version: 1
-- ko: 출국·도착 기록 없는 귀국               en: Returned without departure or arrival before it
-- rule: exchange operating rule; who returns has left
SELECT returned.position, returned.hub, returned.occurred_at, returned.stream
FROM exchange_returned AS returned
WHERE NOT EXISTS (FROM exchange_departed AS departed
                  WHERE departed.stream = returned.stream AND departed.occurred_at <= returned.occurred_at)
  AND NOT EXISTS (FROM exchange_arrived AS arrived
                  WHERE arrived.stream = returned.stream AND arrived.occurred_at <= returned.occurred_at)
