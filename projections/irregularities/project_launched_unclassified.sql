-- code: project.launched_unclassified   version: 1
-- ko: 보안등급 분류 전 착수                 en: Launched before a security class was assigned
-- rule: Innovation Act 21; a project has a security class before it is launched
SELECT launched.position, launched.hub, launched.occurred_at, launched.stream
FROM project_launched AS launched
WHERE NOT EXISTS (FROM project_security_class_assigned AS assigned
                  WHERE assigned.stream = launched.stream AND assigned.occurred_at <= launched.occurred_at)
