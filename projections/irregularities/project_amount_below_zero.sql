SELECT position, hub, occurred_at, stream
FROM (
    SELECT position, hub, occurred_at, stream, money.amount AS amount FROM project_funding_committed
    UNION ALL SELECT position, hub, occurred_at, stream, money.amount FROM project_funding_disbursed
    UNION ALL SELECT position, hub, occurred_at, stream, contribution.amount FROM project_partner_joined
)
WHERE amount < 0
