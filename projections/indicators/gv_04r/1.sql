SELECT position, hub, occurred_at, NULL AS field, NULL AS country,
       EXISTS (FROM restatement WHERE restatement.entry = event.position)::INTEGER AS amount
FROM event
WHERE of_the_world(kind) AND type NOT IN ('entry.corrected', 'entry.voided', 'entry.redacted')
