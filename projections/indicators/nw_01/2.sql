WITH work AS (
    SELECT stream, hub, occurred_at, effective_at, position, true AS live FROM project_launched
    UNION ALL SELECT stream, hub, occurred_at, effective_at, position, true FROM project_suspended
    UNION ALL SELECT stream, hub, occurred_at, effective_at, position, true FROM project_resumed
    UNION ALL SELECT stream, hub, occurred_at, effective_at, position, false FROM project_completed
    UNION ALL SELECT stream, hub, occurred_at, effective_at, position, false FROM project_terminated
    UNION ALL SELECT stream, hub, occurred_at, effective_at, position, false FROM project_withdrawn
), spell AS (
    SELECT *, lead(effective_at, 1, 'infinity'::TIMESTAMP) OVER (PARTITION BY stream ORDER BY effective_at, occurred_at, position) AS until FROM work
), live AS (
    SELECT spell.position, spell.stream, spell.hub, spell.occurred_at, half.period, half.cut_at
    FROM spell JOIN period AS half ON spell.live AND spell.effective_at <= half.cut_at AND spell.until > half.cut_at
), partnered AS (
    SELECT stream, list({'country': country, 'since': since}) AS partners FROM (
        SELECT stream, country, min(occurred_at) AS since FROM project_partner_joined WHERE country <> 'KR' GROUP BY stream, country
    ) GROUP BY stream
), joined AS (
    SELECT live.*, [partner.country for partner in partners if partner.since <= cut_at] AS joined
    FROM live JOIN partnered USING (stream)
), spread AS (
    SELECT position, stream, hub, occurred_at, period, len(joined) AS countries, unnest(joined) AS country FROM joined
)
SELECT spread.position, coalesce(credit.hub, spread.hub) AS hub, spread.occurred_at, field, spread.country,
       (coalesce(credit.share, 1::DECIMAL(38, 12))::DOUBLE / countries)::DECIMAL(38, 12) AS amount, spread.period
FROM spread
LEFT JOIN project_credit AS credit USING (stream)
LEFT JOIN (SELECT stream, field FROM project_slice) AS slice USING (stream)
