SELECT travelled.position, travelled.hub, travelled.occurred_at, travelled.stream
FROM effective AS travelled
SEMI JOIN effective AS ended
    ON ended.stream = travelled.stream
   AND ended.type IN ('exchange.declined', 'exchange.cancelled')
   AND ended.occurred_at < happened_at(travelled.occurred_at, travelled.effective_at)
WHERE travelled.type IN ('exchange.departed', 'exchange.arrived')
