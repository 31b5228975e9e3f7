-- Money of each project (연구비): what was committed, disbursed and spent (협약·지급·집행), an entry a row, by its source. `krw` is
-- the amount in won by the rate of its day, NULL without one; `rate_set` and `rate_age` say by which.
CREATE VIEW project_money_told AS
SELECT stream, hub, 'committed' AS kind, funder, money, period, occurred_at, position FROM project_funding_committed
UNION ALL BY NAME SELECT stream, hub, 'disbursed' AS kind, funder, money, occurred_at, position FROM project_funding_disbursed
UNION ALL BY NAME SELECT stream, hub, 'spent' AS kind, funder, money, occurred_at, position FROM project_funding_spent;

CREATE VIEW project_money AS
SELECT stream, hub, kind, funder, money.amount, money.currency, period, krw, rate_set, rate_age, occurred_at, position
FROM in_krw('project_money_told');

-- Contracts and investments (계약·투자) of each company's case, as told of each reference last; DX-02 counts one that several
-- cases tell once.
CREATE VIEW expansion_deals_told AS
FROM (
    SELECT stream, hub, 'contract' AS kind, contract_ref AS ref, money, country, occurred_at, position
    FROM expansion_contract_signed
    UNION ALL BY NAME
    SELECT stream, hub, 'investment' AS kind, investment_ref AS ref, money, stage, occurred_at, position
    FROM expansion_investment_secured
)
QUALIFY row_number() OVER (PARTITION BY stream, kind, ref ORDER BY occurred_at DESC, position DESC) = 1;

CREATE VIEW expansion_deals AS
SELECT stream, hub, kind, ref, money.amount, money.currency, country, stage, krw, rate_set, rate_age, occurred_at, position
FROM in_krw('expansion_deals_told');
