SELECT position, hub, occurred_at, stream
FROM (
    SELECT position, hub, occurred_at, stream, [other] AS others FROM centre_linked
    UNION ALL SELECT position, hub, occurred_at, stream, others FROM centre_activity_held
)
WHERE list_contains([split_part(it, ':', -1) FOR it IN others], split_part(stream, ':', 2))
