SELECT resolved.position, resolved.hub, resolved.occurred_at, case_topic.topic AS field, NULL AS country,
       resolved.minutes AS amount
FROM with_business_minutes('case_resolution') AS resolved
JOIN case_topic USING (stream)
ANTI JOIN case_absorbed USING (stream)
