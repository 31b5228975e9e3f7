SELECT launched.position, launched.hub, launched.occurred_at, launched.stream
FROM project_launched AS launched
ANTI JOIN project_security_class_assigned AS assigned
    ON assigned.stream = launched.stream
   AND assigned.occurred_at <= happened_at(launched.occurred_at, launched.effective_at)
