SELECT fact.position, fact.hub, fact.occurred_at, fact.stream
FROM effective AS fact
JOIN first_per_stream('exchange_outcome_recognised') AS recognised USING (stream)
WHERE fact.type NOT IN ('exchange.outcome_recognised', 'exchange.output_linked')
  AND happened_at(fact.occurred_at, fact.effective_at) > recognised.occurred_at
