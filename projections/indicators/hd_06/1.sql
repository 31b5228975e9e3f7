-- code: HD-06          version: 1       class: process
-- ko: 미결·적체           en: Backlog
-- unit: case                            aggregate: count(*)
-- period: its own
-- counts: cases open at the cut of the period; amount is their age in days
SELECT position, hub, occurred_at, topic AS field, NULL AS country, age AS amount, period
FROM backlog
