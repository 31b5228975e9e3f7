-- code: exchange.returned_before_arrival   version: 1
-- ko: 도착일보다 앞선 귀국일            en: Returned on a day before the arrival
-- rule: exchange operating rule; a stay ends after it begins
SELECT returned.position, returned.hub, returned.occurred_at, returned.stream
FROM exchange_returned AS returned
JOIN last_per_stream('exchange_arrived') AS arrived USING (stream)
WHERE returned."on" < arrived."on"
