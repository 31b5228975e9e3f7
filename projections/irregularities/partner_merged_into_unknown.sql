-- code: partner.merged_into_unknown   version: 1
-- ko: 등록되지 않은 협력기관으로 병합       en: Merged into one that the record does not know
-- rule: partner rule; what goes on for both exists
SELECT merged.position, merged.hub, merged.occurred_at, merged.stream
FROM partner_identity_merged AS merged
WHERE NOT EXISTS (FROM partner_registered AS other WHERE other.stream = concat('partner:', split_part(merged."into", ':', -1)))
