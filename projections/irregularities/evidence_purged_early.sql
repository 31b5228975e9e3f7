-- code: evidence.purged_early       version: 1
-- ko: 보존기간 내 파기               en: Destroyed before its retention ended
-- rule: Public Records Act decree 26
SELECT purged.position, purged.hub, purged.occurred_at, purged.stream
FROM evidence_purged AS purged
JOIN evidence_items USING (stream)
WHERE seoul(purged.occurred_at)::DATE <= evidence_items.keep_until
