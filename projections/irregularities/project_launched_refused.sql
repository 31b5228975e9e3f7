-- code: project.launched_refused    version: 1
-- ko: 수출통제 불허 후 착수            en: Launched although the export was refused
-- rule: Innovation Act decree 45(3)
SELECT launched.position, launched.hub, launched.occurred_at, launched.stream
FROM project_launched AS launched
ASOF JOIN project_export_control_determined AS determined
    ON determined.stream = launched.stream AND determined.occurred_at <= launched.occurred_at
WHERE determined.result = 'REFUSED'
