-- code: JR-05          version: 1       class: outcome
-- ko: 대응투자 배율         en: Partner leverage
-- unit: x                               aggregate: sum(amount)::DOUBLE / nullif(sum(against), 0)::DOUBLE
-- period: its own
-- counts: money committed for the period by partners (amount) and by Korean sources (against), in KRW at the rate of the
--         day in Seoul; NULL where that day has no rate
SELECT committed.position, committed.hub, committed.occurred_at, field, country,
       CASE WHEN funder = 'PARTNER' THEN krw(committed.money, rate.rate) ELSE 0 END AS amount,
       CASE WHEN funder = 'KR' THEN krw(committed.money, rate.rate) ELSE 0 END AS against,
       coalesce(committed.period, half_year(committed.occurred_at)) AS period
FROM project_funding_committed AS committed
LEFT JOIN krw_rate AS rate ON rate.currency = committed.money.currency AND rate.day = seoul(committed.occurred_at)::DATE
LEFT JOIN project_slice USING (stream)
