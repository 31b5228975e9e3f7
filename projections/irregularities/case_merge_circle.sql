-- code: case.merge_circle           version: 1
-- ko: 상담 병합의 순환               en: Merges that run in a circle
-- rule: helpdesk operating rule; of merged streams one goes on for all
SELECT merged.position, merged.hub, merged.occurred_at, merged.stream
FROM last_per_stream('case_merged') AS merged
JOIN case_identity AS identity USING (stream)
WHERE identity.in_circle
