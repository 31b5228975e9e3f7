SELECT position, hub, occurred_at, stream
FROM (
    SELECT position, hub, occurred_at, stream, money FROM expansion_contract_signed
    UNION ALL SELECT position, hub, occurred_at, stream, money FROM expansion_investment_secured
)
WHERE money.amount < 0
