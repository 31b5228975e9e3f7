SELECT merged.position, merged.hub, merged.occurred_at, merged.stream
FROM last_per_stream('partner_identity_merged') AS merged
JOIN partner_identity AS identity USING (stream)
WHERE identity.in_circle
