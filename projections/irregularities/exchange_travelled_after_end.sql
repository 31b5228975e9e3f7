-- code: exchange.travelled_after_end   version: 1
-- ko: 취소·반려 후 출국              en: Departed or arrived after it was declined or cancelled
-- rule: exchange operating rule; what is called off does not begin
SELECT travelled.position, travelled.hub, travelled.occurred_at, travelled.stream
FROM effective AS travelled
WHERE travelled.type IN ('exchange.departed', 'exchange.arrived')
  AND EXISTS (FROM effective AS ended
              WHERE ended.stream = travelled.stream AND ended.type IN ('exchange.declined', 'exchange.cancelled')
                AND ended.occurred_at < travelled.occurred_at)
