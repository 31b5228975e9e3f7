SELECT merged.position, merged.hub, merged.occurred_at, merged.stream
FROM partner_identity_merged AS merged
ANTI JOIN partner_registered AS other ON other.stream = concat('partner:', split_part(merged."into", ':', -1))
