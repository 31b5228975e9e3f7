SELECT position, hub, occurred_at, NULL AS field, NULL AS country, days(occurred_at, recorded_at) AS amount
FROM effective
WHERE of_the_world(kind) AND NOT imported
