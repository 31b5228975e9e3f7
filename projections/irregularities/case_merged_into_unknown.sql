-- code: case.merged_into_unknown    version: 1
-- ko: 기록 없는 상담으로 병합           en: Merged into one that the record does not know
-- rule: helpdesk operating rule; what goes on for both exists
SELECT merged.position, merged.hub, merged.occurred_at, merged.stream
FROM case_merged AS merged
WHERE NOT EXISTS (FROM case_opened AS other WHERE other.stream = concat('case:', split_part(merged."into", ':', -1)))
