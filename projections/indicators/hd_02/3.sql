SELECT answered.position, answered.hub, answered.occurred_at, case_topic.topic AS field, NULL AS country,
       answered.minutes AS amount
FROM with_business_minutes('case_answer') AS answered
JOIN case_topic USING (stream)
ANTI JOIN case_absorbed USING (stream)
