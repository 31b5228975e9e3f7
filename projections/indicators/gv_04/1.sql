-- code: GV-04          version: 1       class: process
-- ko: 기록 지연           en: Recording lag
-- unit: d                               aggregate: median(amount)
-- counts: facts of the world that hold and happened in the period, less what was imported; until they were first recorded
SELECT position, hub, occurred_at, NULL AS field, NULL AS country, days(occurred_at, recorded_at) AS amount
FROM effective
WHERE of_the_world(kind) AND NOT imported
