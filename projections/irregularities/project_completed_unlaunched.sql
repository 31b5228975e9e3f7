SELECT completed.position, completed.hub, completed.occurred_at, completed.stream
FROM project_completed AS completed
WHERE NOT EXISTS (FROM project_launched AS launched
                  WHERE launched.stream = completed.stream AND launched.occurred_at <= completed.occurred_at)
