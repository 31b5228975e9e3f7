-- Money of each project (연구비): what was committed, disbursed and spent (협약·지급·집행), an entry a row, by its source. `krw` is
-- the amount in won by the rate of its day, NULL without one; `rate_set` and `rate_age` say by which.
CREATE VIEW project_money_told AS
SELECT stream, hub, 'committed' AS kind, funder, money, period, occurred_at, position FROM project_funding_committed
UNION ALL BY NAME SELECT stream, hub, 'disbursed' AS kind, funder, money, occurred_at, position FROM project_funding_disbursed
UNION ALL BY NAME SELECT stream, hub, 'spent' AS kind, funder, money, occurred_at, position FROM project_funding_spent;

CREATE VIEW project_money AS
SELECT stream, hub, kind, funder, money.amount, money.currency, period, krw, rate_set, rate_age, occurred_at, position
FROM in_krw('project_money_told');

-- Contracts and investments (계약·투자) of each company's case, as told last of each reference and partner; DX-02 counts one
-- that several cases of a company tell once. One told without a partner is that with the partner told first in the case.
CREATE VIEW expansion_deals_told AS
WITH told AS (
    SELECT stream, hub, 'contract' AS kind, contract_ref AS ref, money, country, partner, occurred_at, position, stated_by
    FROM expansion_contract_signed
    UNION ALL BY NAME
    SELECT stream, hub, 'investment' AS kind, investment_ref AS ref, money, stage, country, partner, occurred_at, position, stated_by
    FROM expansion_investment_secured
), with_whom AS (
    SELECT * REPLACE (coalesce(partner, first_value(partner IGNORE NULLS) OVER (
               PARTITION BY stream, kind, ref ORDER BY occurred_at, position
               ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)) AS partner)
    FROM told
)
FROM with_whom
QUALIFY row_number() OVER (PARTITION BY stream, kind, ref, partner ORDER BY occurred_at DESC, position DESC) = 1;

CREATE VIEW expansion_deals AS
SELECT stream, hub, kind, ref, money.amount, money.currency, country, stage, krw, rate_set, rate_age, occurred_at, position,
       partner, stated_by IN (SELECT stated_by FROM evidenced) AS evidenced
FROM in_krw('expansion_deals_told');
