SELECT position, hub, occurred_at, stream
FROM (
    SELECT position, hub, occurred_at, stream, ministry FROM hub_designated
    UNION ALL SELECT position, hub, occurred_at, stream, ministry FROM hub_transferred
)
WHERE ministry NOT IN (SELECT code FROM vocabulary WHERE list = 'ministries')
