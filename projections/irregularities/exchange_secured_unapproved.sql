SELECT arrived.position, arrived.hub, arrived.occurred_at, arrived.stream
FROM exchange_arrived AS arrived
JOIN last_per_stream('exchange_nominated') AS nominated ON nominated.stream = arrived.stream
JOIN last_per_stream('project_security_class_assigned') AS assigned
    ON assigned.stream = concat('project:', split_part(nominated.project, ':', -1))
WHERE nominated.direction = 'INBOUND' AND assigned.security_class = 'SECURED' AND arrived.approval_ref IS NULL
