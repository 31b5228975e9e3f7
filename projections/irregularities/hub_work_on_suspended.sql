SELECT fact.position, fact.hub, fact.occurred_at, fact.stream
FROM effective AS fact
JOIN hub_status ON hub_status.hub = fact.hub AND hub_status.status = 'suspended'
WHERE of_the_world(fact.kind) AND fact.kind <> 'hub'
  AND fact.effective_at > hub_status.began AND fact.effective_at < hub_status.ended
