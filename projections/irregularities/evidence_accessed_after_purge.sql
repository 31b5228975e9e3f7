-- code: evidence.accessed_after_purge   version: 1
-- ko: 파기 후 열람                 en: Given out after it was destroyed
-- rule: evidence rule; what is destroyed cannot be read
SELECT accessed.position, accessed.hub, accessed.occurred_at, accessed.stream
FROM evidence_accessed AS accessed
WHERE EXISTS (FROM evidence_purged AS purged
              WHERE purged.stream = accessed.stream AND purged.occurred_at < accessed.occurred_at)
