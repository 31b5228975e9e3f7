SELECT launched.position, launched.hub, launched.occurred_at, launched.stream
FROM project_launched AS launched
ASOF JOIN project_export_control_determined AS determined
    ON determined.stream = launched.stream AND determined.occurred_at <= happened_at(launched.occurred_at, launched.effective_at)
WHERE determined.result = 'REFUSED'
