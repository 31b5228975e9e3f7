SELECT verified.position, verified.hub, verified.occurred_at, NULL AS field, NULL AS country,
       (NOT EXISTS (FROM review_submission_returned AS returned WHERE returned.stream = verified.stream))::INTEGER AS amount
FROM review_submission_verified AS verified
