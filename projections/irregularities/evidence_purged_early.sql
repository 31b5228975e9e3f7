SELECT purged.position, purged.hub, purged.occurred_at, purged.stream
FROM evidence_purged AS purged
JOIN evidence_items USING (stream)
WHERE seoul(purged.occurred_at)::DATE <= evidence_items.keep_until
