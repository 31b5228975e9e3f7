SELECT completed.position, completed.hub, completed.occurred_at, completed.stream
FROM project_completed AS completed
WHERE NOT EXISTS (FROM project_launched AS launched
                  WHERE launched.stream = completed.stream AND happened_at(launched.occurred_at, launched.effective_at) <= happened_at(completed.occurred_at, completed.effective_at))
