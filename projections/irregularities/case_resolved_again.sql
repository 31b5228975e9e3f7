-- code: case.resolved_again             version: 1
-- ko: 재개 없이 다시 해결 처리              en: Resolved again without a reopening in between
-- rule: helpdesk operating rule; a resolved case is worked on only after it is reopened
WITH course AS (
    SELECT position, hub, occurred_at, stream, true AS resolved FROM case_resolved
    UNION ALL SELECT position, hub, occurred_at, stream, false FROM case_reopened
)
SELECT position, hub, occurred_at, stream
FROM course
QUALIFY resolved AND lag(resolved, 1, false) OVER (PARTITION BY stream ORDER BY occurred_at, position)
