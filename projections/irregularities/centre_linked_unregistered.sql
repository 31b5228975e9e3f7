SELECT DISTINCT position, hub, occurred_at, stream
FROM (
    SELECT position, hub, occurred_at, stream, other FROM centre_linked
    UNION ALL SELECT position, hub, occurred_at, stream, unnest(others) FROM centre_activity_held
)
WHERE split_part(other, ':', -1) NOT IN (SELECT centre FROM centres WHERE status <> 'none' OR is_hub)
