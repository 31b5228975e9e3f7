SELECT fact.position, fact.hub, fact.occurred_at, fact.stream
FROM effective AS fact JOIN (FROM centre_register WHERE status = 'closed') AS closed USING (stream)
WHERE fact.type IN ('centre.linked', 'centre.link_confirmed', 'centre.activity_held')
  AND seoul(fact.effective_at)::DATE > closed.closed_on
