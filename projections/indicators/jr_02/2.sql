SELECT signed.position, signed.hub, signed.occurred_at, field, country,
       days(proposed.occurred_at, signed.occurred_at) AS amount
FROM first_per_stream('project_proposed') AS proposed
JOIN first_per_stream('project_agreement_signed') AS signed USING (stream)
LEFT JOIN project_slice_abroad USING (stream)
