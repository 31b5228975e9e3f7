-- Every correction and void known, whatever `valid` is.
CREATE VIEW restatement AS
SELECT position, entry, reason, note, fact_occurred_at AS occurred_at, false AS voids
FROM record.entry_corrected WHERE position <= $KNOWN
UNION ALL
SELECT position, entry, reason, note, NULL, true
FROM record.entry_voided WHERE position <= $KNOWN;
