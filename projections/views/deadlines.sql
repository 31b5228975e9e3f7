-- What each hub owes in checks, and by when, and the cases for which it waits for an answer of whom they were referred to
-- (이관) last, in the half-year of the day that was set, unless it answered on that day or later (a day earlier may be the same one
-- elsewhere); one row for each thing owed. `overdue` is computed, never stored: the
-- day is past in Seoul, as of the last moment that counts (`cut`).
CREATE VIEW deadlines AS
WITH today AS (
    SELECT seoul(ends_at)::DATE AS day FROM cut
), expected AS (
    SELECT period, due_on, unnest(hubs) AS hub FROM checks WHERE status IN ('OPEN', 'SUBMISSION', 'VERIFICATION')
), owed AS (
    SELECT expected.period, expected.hub, concat('review:', expected.period, '-', expected.hub) AS subject, due_on,
           CASE reviews.status WHEN 'submitted' THEN 'attestation' WHEN 'returned' THEN 'resubmission' ELSE 'submission' END AS owes
    FROM expected
    LEFT JOIN reviews ON reviews.stream = concat('review:', expected.period, '-', expected.hub)
    WHERE coalesce(reviews.status, 'expected') IN ('expected', 'submitted', 'returned')
    UNION ALL BY NAME
    SELECT period, hub, stream AS subject, NULL::DATE AS due_on, 'response' AS owes FROM findings WHERE status = 'raised'
    UNION ALL BY NAME
    SELECT period, hub, stream AS subject, due_on, 'action' AS owes FROM findings
    WHERE status IN ('action_agreed', 'rejected', 'reopened')
    UNION ALL BY NAME
    SELECT half_year_of_day(referral_due_on) AS period, hub, stream AS subject, referral_due_on AS due_on, 'referral' AS owes
    FROM case_state AS state JOIN case_words USING (stream)
    JOIN (SELECT stream, seoul(effective_at)::DATE AS day FROM last_per_stream('case_referred')) AS referral USING (stream)
    ANTI JOIN centre_answers AS answer
        ON answer.subject = state.stream AND answer.centre = split_part(state.referred_to, ':', -1)
       AND answer."on" >= referral.day - 1
    WHERE status = 'waiting' AND referral_due_on IS NOT NULL
)
SELECT owed.period, hub, owes, subject, due_on, coalesce(due_on < today.day, false) AS overdue
FROM owed, today;
