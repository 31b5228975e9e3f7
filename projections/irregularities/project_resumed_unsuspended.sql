WITH course AS (
    SELECT position, hub, occurred_at, stream, true AS suspended FROM project_suspended
    UNION ALL SELECT position, hub, occurred_at, stream, false FROM project_resumed
)
SELECT position, hub, occurred_at, stream
FROM course
QUALIFY NOT suspended AND NOT lag(suspended, 1, false) OVER (PARTITION BY stream ORDER BY occurred_at, position)
