SELECT position, hub, occurred_at, topic AS field, NULL AS country, age AS amount, period
FROM backlog
