SELECT merged.position, merged.hub, merged.occurred_at, merged.stream
FROM last_per_stream('case_merged') AS merged
JOIN case_identity AS identity USING (stream)
WHERE identity.in_circle
