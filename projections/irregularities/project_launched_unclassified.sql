SELECT launched.position, launched.hub, launched.occurred_at, launched.stream
FROM project_launched AS launched
WHERE NOT EXISTS (FROM project_security_class_assigned AS assigned
                  WHERE assigned.stream = launched.stream AND assigned.occurred_at <= happened_at(launched.occurred_at, launched.effective_at))
