-- code: GV-02          version: 1       class: process
-- ko: 1회 통과율          en: First-pass yield
-- unit: %                               aggregate: 100 * avg(amount)
-- counts: reviews verified in the period; 1 when no submission of theirs was returned, else 0
SELECT verified.position, verified.hub, verified.occurred_at, NULL AS field, NULL AS country,
       (NOT EXISTS (FROM review_submission_returned AS returned WHERE returned.stream = verified.stream))::INTEGER AS amount
FROM review_submission_verified AS verified
