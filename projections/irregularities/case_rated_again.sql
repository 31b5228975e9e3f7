WITH course AS (
    SELECT position, hub, occurred_at, stream, true AS rated FROM case_satisfaction_rated
    UNION ALL SELECT position, hub, occurred_at, stream, false FROM case_closed
)
SELECT position, hub, occurred_at, stream
FROM course
QUALIFY rated AND lag(rated, 1, false) OVER (PARTITION BY stream ORDER BY occurred_at, position)
