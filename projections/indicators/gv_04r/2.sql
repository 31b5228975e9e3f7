SELECT position, hub, occurred_at, NULL AS field, NULL AS country,
       EXISTS (FROM restatement WHERE restatement.entry = event.position)::INTEGER AS amount,
       half_year(effective_at) AS period
FROM event
WHERE of_the_world(kind) AND type NOT IN ('entry.corrected', 'entry.voided', 'entry.redacted') AND in_effect(effective_at, occurred_at)
