-- code: GV-04R         version: 1       class: process
-- ko: 정정률             en: Correction rate
-- unit: %                               aggregate: 100 * avg(amount)
-- counts: facts of the world as first recorded; 1 when corrected or voided since, else 0
SELECT position, hub, occurred_at, NULL AS field, NULL AS country,
       EXISTS (FROM restatement WHERE restatement.entry = event.position)::INTEGER AS amount
FROM event
WHERE of_the_world(kind) AND type NOT IN ('entry.corrected', 'entry.voided')
