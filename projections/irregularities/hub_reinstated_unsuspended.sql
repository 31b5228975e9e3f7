WITH course AS (
    SELECT position, hub, occurred_at, effective_at, stream, true AS rests, false AS reinstates FROM hub_suspended
    UNION ALL SELECT position, hub, occurred_at, effective_at, stream, true, false FROM hub_revoked
    UNION ALL SELECT position, hub, occurred_at, effective_at, stream, false, false FROM hub_designated
    UNION ALL SELECT position, hub, occurred_at, effective_at, stream, false, true FROM hub_reinstated
)
SELECT position, hub, occurred_at, stream
FROM course
QUALIFY reinstates AND NOT lag(rests, 1, false) OVER (PARTITION BY stream ORDER BY effective_at, occurred_at, position)
