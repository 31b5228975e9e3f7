-- code: exchange.departed_unaccepted    version: 1
-- ko: 승인 없는 출국                      en: Departed without any acceptance
-- rule: exchange operating rule; a stay begins after everybody who has to agree agreed
SELECT departed.position, departed.hub, departed.occurred_at, departed.stream
FROM exchange_departed AS departed
WHERE NOT EXISTS (FROM exchange_accepted AS accepted WHERE accepted.stream = departed.stream)
