SELECT fact.position, fact.hub, fact.occurred_at, fact.stream
FROM effective AS fact
JOIN hub_status ON hub_status.hub = fact.hub AND hub_status.status = 'revoked'
WHERE of_the_world(fact.kind) AND fact.kind <> 'hub'
  AND seoul(fact.effective_at)::DATE >= seoul(hub_status.began)::DATE
  AND (hub_status.ended = 'infinity'::TIMESTAMP OR seoul(fact.effective_at)::DATE < seoul(hub_status.ended)::DATE)
