SELECT fact.position, fact.hub, fact.occurred_at, fact.stream
FROM effective AS fact
JOIN first_per_stream('map_approved') AS approved USING (stream)
WHERE fact.type IN ('map.drafted', 'map.level_assessed', 'map.coop_type_assigned')
  AND fact.occurred_at > least(approved.occurred_at, approved.effective_at)
