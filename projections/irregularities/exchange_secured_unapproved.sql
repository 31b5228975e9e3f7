-- code: exchange.secured_unapproved   version: 1
-- ko: 승인 없는 보안과제 참여           en: A guest arrived for a secured project without an approval
-- rule: Innovation Act decree 46(4)
SELECT arrived.position, arrived.hub, arrived.occurred_at, arrived.stream
FROM exchange_arrived AS arrived
JOIN last_per_stream('exchange_nominated') AS nominated ON nominated.stream = arrived.stream
JOIN last_per_stream('project_security_class_assigned') AS assigned
    ON assigned.stream = concat('project:', split_part(nominated.project, ':', -1))
WHERE nominated.direction = 'INBOUND' AND assigned.security_class = 'SECURED' AND arrived.approval_ref IS NULL
