SELECT position, hub, occurred_at, stream
FROM expansion_deal_told
QUALIFY row_number() OVER (PARTITION BY company, partner, kind, ref ORDER BY occurred_at, position) > 1
