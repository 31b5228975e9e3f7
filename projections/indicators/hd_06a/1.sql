-- code: HD-06A         version: 1       class: process
-- ko: 미결 경과일 90분위   en: Backlog age, 90th percentile
-- unit: d                               aggregate: quantile_cont(amount, 0.9)
-- period: its own
-- counts: cases open at the cut of the period; amount is their age in days
SELECT position, hub, occurred_at, topic AS field, NULL AS country, age AS amount, period
FROM backlog
