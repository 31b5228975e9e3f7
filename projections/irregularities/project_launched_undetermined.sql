SELECT launched.position, launched.hub, launched.occurred_at, launched.stream
FROM project_launched AS launched
LEFT JOIN last_per_stream('project_proposed') AS proposed USING (stream)
LEFT JOIN last_per_stream('project_security_class_assigned') AS assigned USING (stream)
WHERE (assigned.security_class IN ('SENSITIVE', 'SECURED')
       OR EXISTS (FROM technology WHERE technology.controlled AND list_contains(proposed.fields, technology.field)))
  AND EXISTS (FROM project_partner_joined AS joined WHERE joined.stream = launched.stream AND joined.country <> 'KR')
  AND NOT EXISTS (FROM project_export_control_determined AS determined
                  WHERE determined.stream = launched.stream AND determined.occurred_at <= happened_at(launched.occurred_at, launched.effective_at))
