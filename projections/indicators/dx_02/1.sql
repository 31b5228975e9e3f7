WITH told AS (
    SELECT position, stream, hub, occurred_at, money, 'contract' AS kind, contract_ref AS ref FROM expansion_contract_signed
    UNION ALL SELECT position, stream, hub, occurred_at, money, 'investment', investment_ref FROM expansion_investment_secured
), deal AS (
    SELECT * FROM (
        FROM told QUALIFY row_number() OVER (PARTITION BY stream, kind, ref ORDER BY occurred_at DESC, position DESC) = 1
    ) QUALIFY row_number() OVER (PARTITION BY kind, ref ORDER BY occurred_at, position) = 1
)
SELECT deal.position, deal.hub, deal.occurred_at, NULL AS field, country, krw(deal.money, rate.rate) AS amount
FROM deal
LEFT JOIN krw_rate AS rate ON rate.currency = deal.money.currency AND rate.day = seoul(deal.occurred_at)::DATE
LEFT JOIN expansion_slice USING (stream)
