-- Half-year checks (반기별 점검), one row each, as `domain.check.evolve` folds them.
CREATE VIEW checks AS
WITH act AS (
    SELECT stream, position, 'OPEN' AS status, period, due_on, hubs, indicators, materiality, financial FROM check_opened
    UNION ALL BY NAME SELECT stream, position, 'SUBMISSION' AS status, valid_cutoff, fact_position AS cutoff_position FROM check_cutoff_fixed
    UNION ALL BY NAME SELECT stream, position, 'VERIFICATION' AS status FROM check_verification_started
    UNION ALL BY NAME SELECT stream, position, 'FINDINGS' AS status FROM check_verification_completed
    UNION ALL BY NAME SELECT stream, position, 'COMMITTEE' AS status, session, item FROM check_tabled
    UNION ALL BY NAME SELECT stream, position, 'CORRECTIVE' AS status FROM check_opinion_received
    UNION ALL BY NAME SELECT stream, position, 'CLOSED' AS status FROM check_closed
    UNION ALL BY NAME SELECT stream, position, 'PUBLISHED' AS status, 1 AS edition FROM check_edition_published
    UNION ALL BY NAME SELECT stream, position, actor AS proposed_by FROM check_restatement_proposed JOIN (SELECT position, actor FROM event) USING (position)
    UNION ALL BY NAME SELECT stream, position, true AS approved FROM check_restatement_approved
    UNION ALL BY NAME SELECT stream, position, '' AS proposed_by FROM check_restatement_rejected
    UNION ALL BY NAME
    SELECT stream, position, 'RESTATED' AS status, '' AS proposed_by, edition, key.valid_cutoff AS valid_cutoff, key.position AS cutoff_position
    FROM check_edition_restated
)
SELECT stream,
       arg_max(status, position) AS status,
       arg_max(period, position) AS period,
       arg_max(due_on, position) AS due_on,
       arg_max(hubs, position) AS hubs,
       arg_max(indicators, position) AS indicators,
       arg_max(materiality, position) AS materiality,
       arg_max(financial, position) AS financial,
       arg_max(valid_cutoff, position) AS valid_cutoff,
       arg_max(cutoff_position, position) AS cutoff_position,
       arg_max(session, position) AS session,
       arg_max(item, position) AS item,
       coalesce(max(edition), 0) AS edition,
       nullif(arg_max(proposed_by, position), '') AS proposed_by,
       coalesce(max(position) FILTER (approved) > max(position) FILTER (proposed_by IS NOT NULL), false) AS approved
FROM act GROUP BY stream;
