-- Facts of the world with when each took effect as known before it was told, and since: `why` is LATE of a fact, which was
-- nothing before, CORRECTED or VOIDED of what restates the fact `about`. What is void takes effect no more, and nothing
-- stood before what comes behind a void.
CREATE VIEW effect_told AS
SELECT position, position AS about, 'LATE' AS why, NULL::TIMESTAMP AS effective_before, effective_at AS effective_after
FROM record.event
WHERE position <= $KNOWN AND of_the_world(kind) AND type NOT IN ('entry.corrected', 'entry.voided')
UNION ALL
SELECT restatement.position, entry, CASE WHEN voids THEN 'VOIDED' ELSE 'CORRECTED' END,
       CASE WHEN row_number() OVER said = 1 THEN original.effective_at ELSE lag(restatement.effective_at) OVER said END,
       restatement.effective_at
FROM restatement JOIN record.event AS original ON original.position = entry
WINDOW said AS (PARTITION BY entry ORDER BY restatement.position);

-- The late register (지연 등록부): what was recorded after the cut-off of a check about what the check counted or would have
-- counted. `position` is the late entry, `about` the entry that is restated. `happened_at` is when the fact took effect in
-- the half-year of the check: as known before, or where it was of another half-year then, as restated; a correction across
-- half-years is in the registers of both. Since the last edition, where the cut-off is that edition's.
CREATE VIEW late_entries AS
WITH cut AS (
    SELECT period, edition, cutoff_position, valid_cutoff, half_year_starts(period) AS starts_at
    FROM checks WHERE cutoff_position IS NOT NULL
), late AS (
    SELECT cut.*, told.*, coalesce(effective_before BETWEEN starts_at AND valid_cutoff, false) AS was_in
    FROM cut JOIN effect_told AS told ON told.position > cut.cutoff_position
        AND (effective_before BETWEEN starts_at AND valid_cutoff OR effective_after BETWEEN starts_at AND valid_cutoff)
)
SELECT late.period, late.edition, late.position, why, about, about.type, event.stream, event.hub,
       CASE WHEN was_in THEN effective_before ELSE effective_after END AS happened_at, event.recorded_at, restated.reason,
       effective_before, effective_after
FROM late
JOIN record.event AS event ON event.position = late.position
JOIN record.event AS about ON about.position = late.about
LEFT JOIN restatement AS restated ON restated.position = late.position;
