SELECT merged.position, merged.hub, merged.occurred_at, merged.stream
FROM case_merged AS merged
WHERE NOT EXISTS (FROM case_opened AS other WHERE other.stream = concat('case:', split_part(merged."into", ':', -1)))
