WITH course AS (
    SELECT position, hub, occurred_at, effective_at, stream, true AS registers FROM centre_registered
    UNION ALL SELECT position, hub, occurred_at, effective_at, stream, false FROM centre_renamed
    UNION ALL SELECT position, hub, occurred_at, effective_at, stream, false FROM centre_closed
)
SELECT position, hub, occurred_at, stream
FROM course
QUALIFY NOT bool_or(registers) OVER (PARTITION BY stream ORDER BY effective_at, occurred_at, position)
