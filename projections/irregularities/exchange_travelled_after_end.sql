SELECT travelled.position, travelled.hub, travelled.occurred_at, travelled.stream
FROM effective AS travelled
WHERE travelled.type IN ('exchange.departed', 'exchange.arrived')
  AND EXISTS (FROM effective AS ended
              WHERE ended.stream = travelled.stream AND ended.type IN ('exchange.declined', 'exchange.cancelled')
                AND ended.occurred_at < happened_at(travelled.occurred_at, travelled.effective_at))
