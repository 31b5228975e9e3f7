SELECT merged.position, merged.hub, merged.occurred_at, merged.stream
FROM case_merged AS merged
ANTI JOIN case_opened AS other ON other.stream = concat('case:', split_part(merged."into", ':', -1))
