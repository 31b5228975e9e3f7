-- code: project.completed_unlaunched   version: 1
-- ko: 착수 없는 완료                en: Completed without a launch before it
-- rule: Innovation Act 12; what is completed was carried out
SELECT completed.position, completed.hub, completed.occurred_at, completed.stream
FROM project_completed AS completed
WHERE NOT EXISTS (FROM project_launched AS launched
                  WHERE launched.stream = completed.stream AND launched.occurred_at <= completed.occurred_at)
