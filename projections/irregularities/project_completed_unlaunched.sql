SELECT completed.position, completed.hub, completed.occurred_at, completed.stream
FROM project_completed AS completed
ANTI JOIN project_launched AS launched
    ON launched.stream = completed.stream
   AND happened_at(launched.occurred_at, launched.effective_at) <= happened_at(completed.occurred_at, completed.effective_at)
