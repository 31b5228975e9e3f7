SELECT accessed.position, accessed.hub, accessed.occurred_at, accessed.stream
FROM evidence_accessed AS accessed
SEMI JOIN evidence_purged AS purged ON purged.stream = accessed.stream AND purged.occurred_at < accessed.occurred_at
