SELECT position, hub, occurred_at, stream
FROM (
    SELECT position, type, hub, occurred_at, effective_at, stream FROM effective
    UNION ALL SELECT position, type, hub, occurred_at, effective_at, stream FROM planned
)
WHERE type IN ('centre.activity_held', 'exchange.departed', 'exchange.arrived', 'exchange.returned',
               'expansion.local_entity_established', 'project.completed', 'project.launched')
  AND abs(date_diff('day', seoul(occurred_at)::DATE, seoul(effective_at)::DATE)) > 1
