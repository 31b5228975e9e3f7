SELECT position, hub, occurred_at, stream
FROM (
    SELECT position, hub, occurred_at, stream, [other] AS others FROM centre_linked
    UNION ALL SELECT position, hub, occurred_at, stream, [other] FROM centre_link_confirmed
    UNION ALL SELECT position, hub, occurred_at, stream, [other] FROM centre_link_declined
    UNION ALL SELECT position, hub, occurred_at, stream, [other] FROM centre_unlinked
    UNION ALL SELECT position, hub, occurred_at, stream, [other] FROM centre_activity_declined
    UNION ALL SELECT position, hub, occurred_at, stream, others FROM centre_activity_held
)
WHERE list_contains([lower(split_part(it, ':', -1)) FOR it IN others], lower(split_part(stream, ':', 2)))
