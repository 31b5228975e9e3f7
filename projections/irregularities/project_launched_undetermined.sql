SELECT launched.position, launched.hub, launched.occurred_at, launched.stream
FROM project_launched AS launched
LEFT JOIN last_per_stream('project_proposed') AS proposed USING (stream)
LEFT JOIN last_per_stream('project_security_class_assigned') AS assigned USING (stream)
SEMI JOIN project_partner_joined AS joined ON joined.stream = launched.stream AND joined.country <> 'KR'
ANTI JOIN project_export_control_determined AS determined
    ON determined.stream = launched.stream
   AND determined.occurred_at <= happened_at(launched.occurred_at, launched.effective_at)
WHERE assigned.security_class IN ('SENSITIVE', 'SECURED')
   OR list_has_any(proposed.fields, (SELECT list(field) FROM technology WHERE controlled))
