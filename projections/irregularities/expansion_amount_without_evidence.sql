SELECT deal.position, deal.hub, deal.occurred_at, deal.stream
FROM (
    SELECT position, stated_by, hub, occurred_at, stream FROM expansion_contract_signed
    UNION ALL SELECT position, stated_by, hub, occurred_at, stream FROM expansion_investment_secured
) AS deal
WHERE NOT EXISTS (FROM record.event AS said
                  WHERE said.position IN (deal.position, deal.stated_by) AND len(said.evidence) > 0)
