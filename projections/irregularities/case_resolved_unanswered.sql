-- code: case.resolved_unanswered        version: 1
-- ko: 최초응답 없이 해결 처리              en: Resolved without a first response
-- rule: helpdesk operating rule; every case is answered by a person before it is resolved
SELECT resolved.position, resolved.hub, resolved.occurred_at, resolved.stream
FROM case_resolved AS resolved
WHERE NOT EXISTS (FROM case_first_response_sent AS answered
                  WHERE answered.stream = resolved.stream AND answered.occurred_at <= resolved.occurred_at)
