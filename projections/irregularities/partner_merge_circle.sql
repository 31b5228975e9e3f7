-- code: partner.merge_circle        version: 1
-- ko: 협력기관 병합의 순환             en: Merges that run in a circle
-- rule: partner rule; of merged streams one goes on for all
SELECT merged.position, merged.hub, merged.occurred_at, merged.stream
FROM last_per_stream('partner_identity_merged') AS merged
JOIN partner_identity AS identity USING (stream)
WHERE identity.in_circle
