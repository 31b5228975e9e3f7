SELECT delivered.position, delivered.hub, delivered.occurred_at, NULL AS field, country, 1 AS amount,
       coalesce(company, stream) AS key
FROM expansion_support_delivered AS delivered
LEFT JOIN expansion_slice USING (stream)
