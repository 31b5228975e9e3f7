WITH course AS (
    SELECT position, hub, occurred_at, stream, true AS resolved FROM case_resolved
    UNION ALL SELECT position, hub, occurred_at, stream, false FROM case_reopened
)
SELECT position, hub, occurred_at, stream
FROM course
QUALIFY resolved AND lag(resolved, 1, false) OVER (PARTITION BY stream ORDER BY occurred_at, position)
