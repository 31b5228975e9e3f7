SELECT accessed.position, accessed.hub, accessed.occurred_at, accessed.stream
FROM evidence_accessed AS accessed
WHERE EXISTS (FROM evidence_purged AS purged
              WHERE purged.stream = accessed.stream AND purged.occurred_at < accessed.occurred_at)
