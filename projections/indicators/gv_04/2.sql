SELECT position, hub, occurred_at, NULL AS field, NULL AS country, greatest(days(effective_at, recorded_at), 0) AS amount,
       half_year(effective_at) AS period
FROM effective
WHERE of_the_world(kind) AND NOT imported
