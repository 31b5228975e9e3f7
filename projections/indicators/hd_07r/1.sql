-- code: HD-07R         version: 1       class: outcome
-- ko: 만족도 응답률        en: Satisfaction response rate
-- unit: %                               aggregate: 100 * avg(amount)
-- persons: yes
-- counts: cases last closed in the period, less those merged into another; 1 when the requester gave a rating, else 0
SELECT closed.position, closed.hub, closed.occurred_at, case_topic.topic AS field, NULL AS country,
       EXISTS (FROM case_satisfaction_rated AS rated WHERE rated.stream = closed.stream)::INTEGER AS amount
FROM last_per_stream('case_closed') AS closed
LEFT JOIN case_topic USING (stream)
ANTI JOIN case_absorbed USING (stream)
