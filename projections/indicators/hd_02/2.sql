-- code: HD-02          version: 2       class: process
-- ko: 최초응답 중앙값     en: First-response median
-- unit: business minutes                aggregate: median(amount)
-- counts: cases first answered in the period, less those merged into another; open minutes of the calendar bound (else
--         the hub's) from the first opening, less stops of the clock; NULL where no calendar is known
SELECT answered.position, answered.hub, answered.occurred_at, case_topic.topic AS field, NULL AS country,
       answered.minutes AS amount
FROM with_business_minutes('case_answer') AS answered
JOIN case_topic USING (stream)
ANTI JOIN case_absorbed USING (stream)
