SELECT merged.position, merged.hub, merged.occurred_at, merged.stream
FROM partner_identity_merged AS merged
WHERE NOT EXISTS (FROM partner_registered AS other WHERE other.stream = concat('partner:', split_part(merged."into", ':', -1)))
