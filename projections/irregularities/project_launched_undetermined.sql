-- code: project.launched_undetermined   version: 1
-- ko: 수출통제 판정 전 착수            en: A controlled technology shared abroad without an export determination
-- rule: Innovation Act decree 45(3); controlled is a field whose scheme is marked so (which are is unverified, none is),
--       and what a project classed as sensitive or secured works on
SELECT launched.position, launched.hub, launched.occurred_at, launched.stream
FROM project_launched AS launched
LEFT JOIN last_per_stream('project_proposed') AS proposed USING (stream)
LEFT JOIN last_per_stream('project_security_class_assigned') AS assigned USING (stream)
WHERE (assigned.security_class IN ('SENSITIVE', 'SECURED')
       OR EXISTS (FROM technology WHERE technology.controlled AND list_contains(proposed.fields, technology.field)))
  AND EXISTS (FROM project_partner_joined AS joined WHERE joined.stream = launched.stream AND joined.country <> 'KR')
  AND NOT EXISTS (FROM project_export_control_determined AS determined
                  WHERE determined.stream = launched.stream AND determined.occurred_at <= launched.occurred_at)
