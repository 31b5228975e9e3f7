-- Every entry known, what it restates, whether what it says still holds, and whether content of it was destroyed (파기).
-- Of an original or a correction: until the next correction or void of the same original. A void says that nothing holds.
CREATE VIEW audit_trail AS
WITH statement AS (
    SELECT position, entry, reason, note, lead(position) OVER (PARTITION BY entry ORDER BY position) AS superseded_by
    FROM restatement
), restated AS (
    SELECT entry, min(position) AS superseded_by FROM restatement GROUP BY entry
)
SELECT event.position, event.recorded_at, event.occurred_at, event.hub, event.actor, event.role, event.type,
       event.stream, event.version, event.source, event.id, event.imported,
       statement.entry AS corrects, statement.reason, statement.note,
       coalesce(statement.superseded_by, restated.superseded_by) AS superseded_by,
       coalesce(statement.superseded_by, restated.superseded_by) IS NULL AS holds,
       event.redacted IS NOT NULL AS redacted
FROM event
LEFT JOIN statement USING (position)
LEFT JOIN restated ON restated.entry = event.position;
