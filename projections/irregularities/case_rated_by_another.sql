-- code: case.rated_by_another       version: 1
-- ko: 의뢰인이 아닌 사람의 평가          en: Rated by somebody who did not ask
-- rule: helpdesk operating rule; the requester rates
SELECT rated.position, rated.hub, rated.occurred_at, rated.stream
FROM case_satisfaction_rated AS rated
JOIN last_per_stream('case_opened') AS opened USING (stream)
WHERE rated."by" <> opened.requester
