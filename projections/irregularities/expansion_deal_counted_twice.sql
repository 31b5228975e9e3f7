WITH deal AS (
    SELECT position, hub, occurred_at, stream, 'contract' AS kind, contract_ref AS ref FROM expansion_contract_signed
    UNION ALL SELECT position, hub, occurred_at, stream, 'investment', investment_ref FROM expansion_investment_secured
)
SELECT position, hub, occurred_at, stream
FROM deal
QUALIFY row_number() OVER (PARTITION BY kind, ref ORDER BY occurred_at, position) > 1
