WITH ended AS (
    SELECT stream, happened_at(occurred_at, effective_at) AS occurred_at FROM project_completed
    UNION ALL SELECT stream, occurred_at FROM project_terminated
    UNION ALL SELECT stream, occurred_at FROM project_withdrawn
)
SELECT work.position, work.hub, work.occurred_at, work.stream
FROM effective AS work
JOIN (SELECT stream, min(occurred_at) AS occurred_at FROM ended GROUP BY stream) AS ended USING (stream)
WHERE work.type IN ('project.launched', 'project.resumed', 'project.suspended', 'project.milestone_reached')
  AND happened_at(work.occurred_at, work.effective_at) > ended.occurred_at
