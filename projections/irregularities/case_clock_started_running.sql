WITH turn AS (
    SELECT position, hub, occurred_at, stream, true AS stopped FROM case_clock_stopped
    UNION ALL SELECT position, hub, occurred_at, stream, false FROM case_clock_started
)
SELECT position, hub, occurred_at, stream
FROM turn
QUALIFY NOT stopped AND NOT lag(stopped, 1, false) OVER (PARTITION BY stream ORDER BY occurred_at, position)
