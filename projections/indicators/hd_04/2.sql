-- code: HD-04          version: 2       class: process
-- ko: 해결시간 중앙값     en: Resolution median
-- unit: business minutes                aggregate: median(amount)
-- counts: cases last resolved in the period, less those merged into another; open minutes of the calendar bound (else
--         the hub's) from the first opening, less stops of the clock; NULL where no calendar is known
SELECT resolved.position, resolved.hub, resolved.occurred_at, case_topic.topic AS field, NULL AS country,
       resolved.minutes AS amount
FROM with_business_minutes('case_resolution') AS resolved
JOIN case_topic USING (stream)
ANTI JOIN case_absorbed USING (stream)
