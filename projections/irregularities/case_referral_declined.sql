SELECT referred.position, referred.hub, referred.occurred_at, referred.stream
FROM last_per_stream('case_referred') AS referred
JOIN centre_answers AS answer ON answer.subject = referred.stream AND answer.centre = split_part(referred.body, ':', -1)
WHERE NOT answer.accepts AND answer."on" >= seoul(referred.effective_at)::DATE - 1
