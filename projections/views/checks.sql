-- Editions (판) as they were published, with the acts that withdrew them.
CREATE VIEW edition_made AS
SELECT made.*, withdrawn.position AS withdrawn_at
FROM (
    SELECT position, stream, occurred_at, 1 AS edition, key, digest FROM check_edition_published
    UNION ALL SELECT position, stream, occurred_at, edition, key, digest FROM check_edition_restated
) AS made
LEFT JOIN check_edition_withdrawn AS withdrawn USING (stream, edition);

-- Half-year checks (반기별 점검), one row each, as `domain.acts.check.evolve` folds them.
CREATE VIEW checks AS
WITH act AS (
    SELECT stream, position, 'OPEN' AS status, period, due_on, hubs, indicators, materiality, financial FROM check_opened
    UNION ALL BY NAME
    SELECT stream, position, 'WITHDRAWN' AS status, split_part(stream, ':', 2) AS period, [] AS hubs, MAP {} AS indicators,
           0.05 AS materiality, [] AS financial
    FROM check_withdrawn
    UNION ALL BY NAME SELECT stream, position, 'SUBMISSION' AS status, valid_cutoff, fact_position AS cutoff_position FROM check_cutoff_fixed
    UNION ALL BY NAME SELECT stream, position, 'VERIFICATION' AS status FROM check_verification_started
    UNION ALL BY NAME SELECT stream, position, 'FINDINGS' AS status FROM check_verification_completed
    UNION ALL BY NAME SELECT stream, position, 'COMMITTEE' AS status, session, item FROM check_tabled
    UNION ALL BY NAME SELECT stream, position, 'CORRECTIVE' AS status FROM check_opinion_received
    UNION ALL BY NAME SELECT stream, position, 'CLOSED' AS status FROM check_closed
    UNION ALL BY NAME SELECT stream, position, 'PUBLISHED' AS status FROM check_edition_published
    UNION ALL BY NAME SELECT stream, position, actor AS proposed_by FROM check_restatement_proposed JOIN (SELECT position, actor FROM event) USING (position)
    UNION ALL BY NAME SELECT stream, position, true AS approved FROM check_restatement_approved
    UNION ALL BY NAME SELECT stream, position, '' AS proposed_by FROM check_restatement_rejected
    UNION ALL BY NAME
    SELECT stream, position, 'RESTATED' AS status, '' AS proposed_by, key.valid_cutoff AS valid_cutoff, key.position AS cutoff_position
    FROM check_edition_restated
    UNION ALL BY NAME SELECT stream, position, '' AS proposed_by FROM check_edition_withdrawn
    UNION ALL BY NAME SELECT stream, position, edition FROM edition_made WHERE withdrawn_at IS NULL
    UNION ALL BY NAME  -- the cut-off is that of the edition that is current again
    SELECT stream, max(withdrawn_at) OVER (PARTITION BY stream) AS position,
           key.valid_cutoff AS valid_cutoff, key.position AS cutoff_position
    FROM edition_made
    QUALIFY withdrawn_at IS NULL AND max(withdrawn_at) OVER (PARTITION BY stream) > edition_made.position
        AND edition = max(edition) FILTER (withdrawn_at IS NULL) OVER (PARTITION BY stream)
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

-- Editions (판) of the figures of a half-year, with what each was made of; the last that is not withdrawn is current.
CREATE VIEW editions AS
SELECT key.period AS period, edition, digest, key.valid_cutoff AS valid_cutoff, key.position AS cutoff_position, key,
       key.valid_cutoff < half_year_starts(key.period) + INTERVAL 6 MONTH - INTERVAL 1 MICROSECOND AS provisional,
       occurred_at AS published_at, position,
       min(edition) FILTER (withdrawn_at IS NULL) OVER (
           PARTITION BY stream ORDER BY edition ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS superseded_by,
       withdrawn_at IS NOT NULL AS withdrawn
FROM edition_made;

-- Hub reviews (기관별 점검), one row each, as `domain.acts.review.evolve` folds them.
CREATE VIEW reviews AS
WITH act AS (
    SELECT stream, hub, position, occurred_at, 'submitted' AS status, figures_digest AS figures, cutoff, true AS makes FROM review_submission_made
    UNION ALL BY NAME SELECT stream, hub, position, occurred_at, 'attested' AS status FROM review_submission_attested
    UNION ALL BY NAME SELECT stream, hub, position, occurred_at, 'returned' AS status FROM review_submission_returned
    UNION ALL BY NAME SELECT stream, hub, position, occurred_at, 'verifying' AS status, true AS starts FROM review_verification_started
    UNION ALL BY NAME SELECT stream, hub, position, occurred_at, coalesce(nullif(len(positions), 0), size) AS sample_size,
        fact_position AS sample_position, positions AS sample FROM review_sample_drawn
    UNION ALL BY NAME SELECT stream, hub, position, occurred_at, fact_position AS tested FROM review_sample_item_tested
    UNION ALL BY NAME SELECT stream, hub, position, occurred_at, 'verified' AS status, opinion FROM review_submission_verified
    UNION ALL BY NAME SELECT stream, hub, position, occurred_at, 'objected' AS status FROM review_objection_filed
    UNION ALL BY NAME SELECT stream, hub, position, occurred_at, 'final' AS status FROM review_objection_decided
    UNION ALL BY NAME SELECT stream, hub, position, occurred_at, true AS assesses FROM review_assessment_made
), last AS (
    SELECT *, coalesce(max(position) FILTER (status = 'returned') OVER (PARTITION BY stream), 0) AS returned_at
    FROM act JOIN (SELECT position, actor FROM event) USING (position)
)
SELECT stream,
       any_value(hub) AS hub,
       coalesce(arg_max(status, position), 'expected') AS status,
       count(*) FILTER (makes) AS submissions,
       count(*) FILTER (status = 'returned') AS returns,
       coalesce(any_value(assessed.versions), MAP {}) AS assessed,
       coalesce(list(DISTINCT actor ORDER BY actor) FILTER (assesses), []) AS assessors,
       arg_max(actor, position) FILTER (makes) AS preparer,
       nullif(arg_max(CASE WHEN makes THEN '' ELSE actor END, position) FILTER (makes OR status = 'attested'), '') AS attester,
       arg_max(actor, position) FILTER (starts) AS verifier,
       arg_max(figures, position) AS figures,
       arg_max_null(cutoff, position) FILTER (makes) AS cutoff,
       coalesce(bool_or(sample_size IS NOT NULL AND position > returned_at), false) AS sampled,
       coalesce(arg_max(sample_size, position) FILTER (position > returned_at), 0) AS sample_size,
       coalesce(arg_max(sample_position, position) FILTER (position > returned_at), 0) AS sample_position,
       coalesce(arg_max(list_sort(sample), position) FILTER (position > returned_at), []) AS sample,
       coalesce(list(DISTINCT tested ORDER BY tested) FILTER (tested IS NOT NULL AND position > returned_at), []) AS tested,
       max(occurred_at) FILTER (status = 'verified') AS verified_at,
       arg_max(opinion, position) AS opinion,
       min(occurred_at) FILTER (makes) AS first_submitted_at
FROM last
LEFT JOIN (
    SELECT stream, map_from_entries(list({'code': indicator, 'version': version})) AS versions
    FROM (SELECT stream, indicator, arg_max(version, position) AS version FROM review_assessment_made GROUP BY ALL)
    GROUP BY stream
) AS assessed USING (stream)
GROUP BY stream;

-- What hubs wrote on qualitative indicators (질적 지표): of each the last that was handed in, and the last since.
CREATE VIEW assessments AS
SELECT made.stream, split_part(made.stream, ':', 2)[:6] AS period, made.hub, indicator AS code, version,
       text_ko, text_en, evidence, coalesce(made.position < handed.position, false) AS submitted,
       occurred_at AS made_at, made.position
FROM review_assessment_made AS made
LEFT JOIN (SELECT stream, max(position) AS position FROM review_submission_made GROUP BY stream) AS handed USING (stream)
QUALIFY row_number() OVER (PARTITION BY made.stream, indicator, submitted ORDER BY made.position DESC) = 1;

-- Findings (지적사항), one row each, as `domain.acts.finding.evolve` folds them. `overdue` is computed (as of the reader's
-- `valid`, or the last entry known): the action is due before that day in Seoul and not verified.
CREATE VIEW findings AS
WITH act AS (
    SELECT stream, hub, position, occurred_at, 'raised' AS status, severity, criteria, condition, cause, effect FROM finding_raised
    UNION ALL BY NAME SELECT stream, hub, position, occurred_at, 'responded' AS status FROM finding_response_received
    UNION ALL BY NAME SELECT stream, hub, position, occurred_at, 'action_agreed' AS status, owner, due_on, action, true AS settles FROM finding_action_agreed
    UNION ALL BY NAME SELECT stream, hub, position, occurred_at, 'reported' AS status FROM finding_action_reported
    UNION ALL BY NAME SELECT stream, hub, position, occurred_at, 'verified' AS status, occurred_at AS verified_at, true AS settles FROM finding_action_verified
    UNION ALL BY NAME SELECT stream, hub, position, occurred_at, 'rejected' AS status FROM finding_action_rejected
    UNION ALL BY NAME SELECT stream, hub, position, occurred_at, 'closed' AS status FROM finding_closed
    UNION ALL BY NAME SELECT stream, hub, position, occurred_at, 'reopened' AS status FROM finding_reopened
    UNION ALL BY NAME SELECT stream, hub, position, occurred_at, 'risk_accepted' AS status FROM finding_risk_accepted
), folded AS (
    SELECT stream,
           any_value(hub) AS hub,
           arg_max(status, position) AS status,
           arg_max(severity, position) AS severity,
           arg_max(owner, position) AS owner,
           arg_max(due_on, position) AS due_on,
           arg_max(actor, position) FILTER (status = 'reported') AS reporter,
           arg_max_null(verified_at, position) FILTER (settles) AS verified_at,
           count(*) FILTER (status = 'rejected') AS times_rejected,
           count(*) FILTER (status = 'reopened') AS times_reopened,
           any_value(criteria) AS criteria, any_value(condition) AS condition, any_value(cause) AS cause,
           any_value(effect) AS effect, arg_max(action, position) AS action,
           min(occurred_at) FILTER (status = 'raised') AS raised_at
    FROM act JOIN (SELECT position, actor FROM event) USING (position) GROUP BY stream
), today AS (
    SELECT seoul(ends_at)::DATE AS day FROM cut
)
SELECT folded.*, split_part(stream, ':', 2)[:6] AS period,
       due_on < today.day AND status IN ('action_agreed', 'reported', 'rejected') AS overdue
FROM folded, today;

-- Items (의안) of committee sessions, with the last opinion on each and the vote where it was decided.
CREATE VIEW session_items AS
SELECT stream, split_part(stream, ':', 2) AS session, tabled.item, tabled.kind, tabled.subject, tabled.title_ko, tabled.title_en,
       opinion.text_ko AS opinion_ko, opinion.text_en AS opinion_en,
       decided.position IS NOT NULL AS decided, votes_for, votes_against, abstained, tabled.position,
       coalesce(recused, []) AS recused
FROM session_agenda_tabled AS tabled
LEFT JOIN (
    SELECT stream, item, arg_max(text_ko, position) AS text_ko, arg_max_null(text_en, position) AS text_en
    FROM session_opinion_recorded GROUP BY stream, item
) AS opinion USING (stream, item)
LEFT JOIN session_decision_adopted AS decided USING (stream, item)
LEFT JOIN (
    SELECT stream, item, list(DISTINCT member ORDER BY member) AS recused FROM session_member_recused GROUP BY stream, item
) AS recusal USING (stream, item);

-- Committee sessions (글로벌 R&D 특별위원회 회의), one row each.
CREATE VIEW sessions AS
SELECT convened.stream, split_part(convened.stream, ':', 2) AS session,
       CASE WHEN sealed.position IS NULL THEN 'convened' ELSE 'sealed' END AS status,
       convened."on", seats, len(present) AS present, quorum, majority, sealed.sha256 AS minutes,
       (SELECT count(*) FROM session_items AS items WHERE items.stream = convened.stream) AS items,
       (SELECT count(*) FROM session_items AS items WHERE items.stream = convened.stream AND opinion_ko IS NOT NULL) AS opinions,
       (SELECT count(*) FROM session_items AS items WHERE items.stream = convened.stream AND decided) AS decisions
FROM session_convened AS convened
LEFT JOIN session_minutes_sealed AS sealed USING (stream);
