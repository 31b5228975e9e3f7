-- Every entry as its newest correction known states it, unless it is void, whenever it takes effect.
CREATE VIEW stated AS
SELECT event.position, event.position AS stated_by, event.type, event.kind, event.stream, event.hub,
       event.occurred_at, event.recorded_at, event.imported, event.effective_at
FROM record.event AS event
WHERE event.position <= $KNOWN
  AND event.type NOT IN ('entry.corrected', 'entry.voided', 'entry.redacted')
  AND NOT EXISTS (FROM restatement WHERE restatement.entry = event.position)
UNION ALL
SELECT event.position, newest.position, event.type, event.kind, event.stream, event.hub,
       newest.occurred_at, event.recorded_at, event.imported, newest.effective_at
FROM (FROM restatement QUALIFY row_number() OVER (PARTITION BY entry ORDER BY position DESC) = 1) AS newest
JOIN record.event AS event ON event.position = newest.entry
WHERE NOT newest.voids;
