-- code: HD-07          version: 1       class: outcome
-- ko: 만족도             en: Satisfaction
-- unit: 1-5                             aggregate: avg(amount)
-- counts: ratings given in the period
SELECT rated.position, rated.hub, rated.occurred_at, case_topic.topic AS field, NULL AS country, rated.score AS amount
FROM case_satisfaction_rated AS rated
LEFT JOIN case_topic USING (stream)
