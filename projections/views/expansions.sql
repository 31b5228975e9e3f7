-- Expansion cases (디지털기업 해외진출), one row each, as `domain.facts.expansion.evolve` folds them.
CREATE VIEW expansions AS
WITH fact AS (
    SELECT stream, hub, occurred_at, position, 'enrolled' AS status, 1 AS stage, company, target_countries FROM expansion_company_enrolled
    UNION ALL BY NAME SELECT stream, hub, occurred_at, position, 'supported' AS status, 2 AS stage FROM expansion_support_delivered
    UNION ALL BY NAME SELECT stream, hub, occurred_at, position, 'closed' AS status, 2 AS stage, result, note FROM expansion_closed
    UNION ALL BY NAME SELECT stream, hub, partner FROM expansion_partner_matched
    UNION ALL BY NAME SELECT stream, hub, country FROM expansion_local_entity_established
    UNION ALL BY NAME SELECT stream, hub FROM expansion_contract_signed
    UNION ALL BY NAME SELECT stream, hub FROM expansion_investment_secured
), folded AS (
    SELECT stream,
           any_value(hub) AS hub,
           coalesce(arg_max(status, staged(stage, occurred_at, position)), 'none') AS status,
           arg_max(company, moment(occurred_at, position)) AS company,
           coalesce(arg_max(target_countries, moment(occurred_at, position)), []) AS target_countries,
           count(*) FILTER (status = 'supported') AS services,
           coalesce(list(DISTINCT partner ORDER BY partner) FILTER (partner IS NOT NULL), []) AS partners,
           coalesce(list(DISTINCT country ORDER BY country) FILTER (country IS NOT NULL), []) AS entities,
           arg_max(result, moment(occurred_at, position)) AS result,
           arg_max_null(note, moment(occurred_at, position)) FILTER (status = 'closed') AS note
    FROM fact GROUP BY stream
), entity AS (
    SELECT stream, map_from_entries(list((country, established_on) ORDER BY country)) AS established FROM (
        SELECT stream, country, arg_max_null("on", course(effective_at, occurred_at, position)) AS established_on
        FROM expansion_local_entity_established GROUP BY stream, country
    ) GROUP BY stream
), deal AS (
    SELECT stream, contract_ref AS ref, arg_max(money, moment(occurred_at, position)) AS money, true AS contract
    FROM expansion_contract_signed GROUP BY stream, contract_ref
    UNION ALL
    SELECT stream, investment_ref, arg_max(money, moment(occurred_at, position)), false
    FROM expansion_investment_secured GROUP BY stream, investment_ref
), deals AS (
    SELECT stream,
           map_from_entries(list((ref, money) ORDER BY ref) FILTER (contract)) AS contracts,
           map_from_entries(list((ref, money) ORDER BY ref) FILTER (NOT contract)) AS investments
    FROM deal GROUP BY stream
)
SELECT folded.* EXCLUDE (note), coalesce(contracts, MAP {}) AS contracts, coalesce(investments, MAP {}) AS investments,
       note, coalesce(established, MAP {}) AS established
FROM folded LEFT JOIN deals USING (stream) LEFT JOIN entity USING (stream);

-- Services (지원) that companies were given, an entry a row.
CREATE VIEW expansion_support AS
SELECT support.stream, hub, company, service, hours, occurred_at, position
FROM expansion_support_delivered AS support
LEFT JOIN (SELECT stream, company FROM last_per_stream('expansion_company_enrolled')) AS enrolled USING (stream);

-- By what figures of expansion are sliced: the first target country of the last enrolment; and whom it enrolled.
CREATE VIEW expansion_slice AS
SELECT stream, company, target_countries[1] AS country FROM last_per_stream('expansion_company_enrolled');

-- Deals (계약·투자) as each case told them last, each reference once, of the case that told it first.
CREATE VIEW expansion_deal AS
WITH told AS (
    SELECT position, stream, hub, occurred_at, money, 'contract' AS kind, contract_ref AS ref FROM expansion_contract_signed
    UNION ALL SELECT position, stream, hub, occurred_at, money, 'investment', investment_ref FROM expansion_investment_secured
)
FROM (FROM told QUALIFY row_number() OVER (PARTITION BY stream, kind, ref ORDER BY occurred_at DESC, position DESC) = 1)
QUALIFY row_number() OVER (PARTITION BY kind, ref ORDER BY occurred_at, position) = 1;

-- Statements that have evidence (증빙): an entry or a correction that names some, and a correction of an entry that does.
CREATE VIEW evidenced AS
SELECT position AS stated_by FROM record.event WHERE len(evidence) > 0
UNION
SELECT corrected.position FROM record.entry_corrected AS corrected
JOIN record.event AS event ON event.position = corrected.entry WHERE len(event.evidence) > 0;

-- Deals as they were told, each time: of which company, with whom. One told without a partner is the deal with the partner
-- that the company told first under this reference; a case whose enrolment is not told is a company of its own.
CREATE VIEW expansion_deal_told AS
WITH told AS (
    SELECT position, stated_by, stream, hub, occurred_at, money, country, partner, 'contract' AS kind, contract_ref AS ref
    FROM expansion_contract_signed
    UNION ALL BY NAME
    SELECT position, stated_by, stream, hub, occurred_at, money, country, partner, 'investment' AS kind, investment_ref AS ref
    FROM expansion_investment_secured
), owned AS (
    SELECT told.*, coalesce(slice.company, told.stream) AS company FROM told
    LEFT JOIN (SELECT stream, company FROM expansion_slice) AS slice ON slice.stream = told.stream
)
SELECT * REPLACE (coalesce(partner, first_value(partner IGNORE NULLS) OVER (
           PARTITION BY company, kind, ref ORDER BY occurred_at, position
           ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)) AS partner)
FROM owned;

-- Deals that count: each of a company and a partner once by its reference, of the case that told it first as that told it
-- last. The country is its own, or where that is not told the first target of the company; `evidenced` says whether what
-- counts has evidence.
CREATE VIEW expansion_deal_counted AS
WITH last AS (
    FROM expansion_deal_told
    QUALIFY row_number() OVER (PARTITION BY stream, kind, ref, partner ORDER BY occurred_at DESC, position DESC) = 1
), once AS (
    FROM last
    QUALIFY row_number() OVER (PARTITION BY company, partner, kind, ref ORDER BY occurred_at, position) = 1
)
SELECT once.position, once.stream, once.hub, once.occurred_at, once.money, coalesce(once.country, slice.country) AS country,
       proof.stated_by IS NOT NULL AS evidenced
FROM once
LEFT JOIN (SELECT stream, country FROM expansion_slice) AS slice ON slice.stream = once.stream
LEFT JOIN evidenced AS proof ON proof.stated_by = once.stated_by;

-- Deals that count since version 4 of DX-02: each of a company and a partner once by its reference, of the case that told it
-- first and when that did, with the money and evidence that this case told last. The country is the one it told last.
CREATE VIEW expansion_deal_standing AS
WITH first AS (
    FROM expansion_deal_told
    QUALIFY row_number() OVER (PARTITION BY company, partner, kind, ref ORDER BY occurred_at, position) = 1
), last AS (
    SELECT *, last_value(country IGNORE NULLS) OVER (
        PARTITION BY stream, kind, ref, partner ORDER BY occurred_at, position) AS own_country
    FROM expansion_deal_told
    QUALIFY row_number() OVER (PARTITION BY stream, kind, ref, partner ORDER BY occurred_at DESC, position DESC) = 1
)
SELECT last.position, last.stream, last.hub, first.occurred_at, last.money, coalesce(last.own_country, slice.country) AS country,
       proof.stated_by IS NOT NULL AS evidenced
FROM first
JOIN last ON last.stream = first.stream AND last.kind = first.kind AND last.ref = first.ref
         AND last.partner IS NOT DISTINCT FROM first.partner
LEFT JOIN (SELECT stream, country FROM expansion_slice) AS slice ON slice.stream = last.stream
LEFT JOIN evidenced AS proof ON proof.stated_by = last.stated_by;

-- The same by whom the partner stands for after all merges.
CREATE VIEW expansion_deal_of_root AS
SELECT told.* REPLACE (coalesce(identity.root, split_part(told.partner, ':', -1)) AS partner)
FROM expansion_deal_told AS told
LEFT JOIN (SELECT key, root FROM partner_identity) AS identity ON identity.key = split_part(told.partner, ':', -1);

-- Deals that count since version 5 of DX-02: as before, and merged partners are one.
CREATE VIEW expansion_deal_merged AS
WITH first AS (
    FROM expansion_deal_of_root
    QUALIFY row_number() OVER (PARTITION BY company, partner, kind, ref ORDER BY occurred_at, position) = 1
), last AS (
    SELECT *, last_value(country IGNORE NULLS) OVER (
        PARTITION BY stream, kind, ref, partner ORDER BY occurred_at, position) AS own_country
    FROM expansion_deal_of_root
    QUALIFY row_number() OVER (PARTITION BY stream, kind, ref, partner ORDER BY occurred_at DESC, position DESC) = 1
)
SELECT last.position, last.stream, last.hub, first.occurred_at, last.money, coalesce(last.own_country, slice.country) AS country,
       proof.stated_by IS NOT NULL AS evidenced
FROM first
JOIN last ON last.stream = first.stream AND last.kind = first.kind AND last.ref = first.ref
         AND last.partner IS NOT DISTINCT FROM first.partner
LEFT JOIN (SELECT stream, country FROM expansion_slice) AS slice ON slice.stream = last.stream
LEFT JOIN evidenced AS proof ON proof.stated_by = last.stated_by;
