-- The late register (지연 등록부): what was recorded after the cut-off of a check about what the check counted or would have
-- counted. `position` is the late entry, `why` one of LATE (a fact of before the cut-off), CORRECTED and VOIDED; `about`
-- is the entry that is restated, and `happened_at` when it took effect as known before. Since the last edition, where the
-- cut-off is that edition's.
CREATE VIEW late_entries AS
WITH cut AS (
    SELECT period, edition, cutoff_position, valid_cutoff, half_year_starts(period) AS starts_at
    FROM checks WHERE cutoff_position IS NOT NULL
), told AS (
    SELECT position, position AS about, 'LATE' AS why, effective_at AS happened_at, effective_at AS restated_at
    FROM record.event
    WHERE position <= $KNOWN AND of_the_world(kind) AND type NOT IN ('entry.corrected', 'entry.voided')
    UNION ALL
    SELECT restatement.position, entry, CASE WHEN voids THEN 'VOIDED' ELSE 'CORRECTED' END,
           coalesce(
               lag(restatement.effective_at IGNORE NULLS) OVER (PARTITION BY entry ORDER BY restatement.position),
               original.effective_at
           ),
           restatement.effective_at
    FROM restatement JOIN record.event AS original ON original.position = entry
)
SELECT cut.period, cut.edition, told.position, why, about, about.type, event.stream, event.hub, happened_at, event.recorded_at,
       restated.reason
FROM cut
JOIN told ON told.position > cut.cutoff_position
    AND (happened_at BETWEEN cut.starts_at AND cut.valid_cutoff OR restated_at BETWEEN cut.starts_at AND cut.valid_cutoff)
JOIN record.event AS event ON event.position = told.position
JOIN record.event AS about ON about.position = told.about
LEFT JOIN restatement AS restated ON restated.position = told.position;
