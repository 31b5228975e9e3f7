-- code: project.resumed_unsuspended   version: 1
-- ko: 중단 없는 재개                en: Resumed without a suspension before it
-- rule: Innovation Act 15; a suspended project is resumed
WITH course AS (
    SELECT position, hub, occurred_at, stream, true AS suspended FROM project_suspended
    UNION ALL SELECT position, hub, occurred_at, stream, false FROM project_resumed
)
SELECT position, hub, occurred_at, stream
FROM course
QUALIFY NOT suspended AND NOT lag(suspended, 1, false) OVER (PARTITION BY stream ORDER BY occurred_at, position)
