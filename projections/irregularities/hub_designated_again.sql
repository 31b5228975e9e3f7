SELECT designated.position, designated.hub, designated.occurred_at, designated.stream
FROM hub_designated AS designated
JOIN (
    SELECT position, lag(status) OVER (PARTITION BY stream ORDER BY began, position) AS before FROM hub_status
) AS course USING (position)
WHERE before IN ('designated', 'suspended')
