-- code: case.clock_stopped_twice    version: 1
-- ko: 정지 중인 시계의 재정지           en: A clock stopped that was stopped
-- rule: helpdesk operating rule; stops of a clock do not overlap
WITH turn AS (
    SELECT position, hub, occurred_at, stream, true AS stopped FROM case_clock_stopped
    UNION ALL SELECT position, hub, occurred_at, stream, false FROM case_clock_started
)
SELECT position, hub, occurred_at, stream
FROM turn
QUALIFY stopped AND lag(stopped, 1, false) OVER (PARTITION BY stream ORDER BY occurred_at, position)
