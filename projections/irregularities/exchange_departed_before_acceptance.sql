-- code: exchange.departed_before_acceptance   version: 1
-- ko: 최종 승인 전 출국                    en: Departed before the last acceptance
-- rule: exchange operating rule; a stay begins after everybody who has to agree agreed
SELECT departed.position, departed.hub, departed.occurred_at, departed.stream
FROM exchange_departed AS departed
JOIN (SELECT stream, max(occurred_at) AS occurred_at FROM exchange_accepted GROUP BY stream) AS accepted USING (stream)
WHERE departed.occurred_at < accepted.occurred_at
