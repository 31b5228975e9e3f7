-- When what is stopped and started again stands still; `ended` is NULL while it does. A stop of what stands changes nothing.
CREATE MACRO standing_still(stops) AS TABLE
WITH turn AS (
    SELECT position, stream, hub, occurred_at, true AS stopped, why FROM query_table(stops)
    UNION ALL SELECT position, stream, hub, occurred_at, false, NULL FROM case_clock_started
), change AS (
    FROM turn QUALIFY stopped <> lag(stopped, 1, false) OVER (PARTITION BY stream ORDER BY occurred_at, position)
)
SELECT position, stream, hub, occurred_at AS began, ended, why FROM (
    SELECT *, lead(occurred_at) OVER (PARTITION BY stream ORDER BY occurred_at, position) AS ended FROM change
) WHERE stopped;

-- When work on a case waited, for whatever reason.
CREATE VIEW case_stop AS FROM standing_still('case_clock_stopped');

-- What requesters rated (만족도): a rating by whom the case names as somebody else is none. `closures` came before it.
CREATE VIEW case_requester_rating AS
WITH course AS (
    SELECT position, stream, hub, occurred_at, score, "by", true AS rates FROM case_satisfaction_rated
    UNION ALL BY NAME SELECT position, stream, hub, occurred_at, false AS rates FROM case_closed
), counted AS (
    SELECT *, count(*) FILTER (NOT rates) OVER (PARTITION BY stream ORDER BY occurred_at, position) AS closures FROM course
)
SELECT counted.position, stream, counted.hub, counted.occurred_at, score, closures
FROM counted LEFT JOIN (SELECT stream, requester FROM last_per_stream('case_opened')) AS asked USING (stream)
WHERE rates AND ("by" = requester) IS NOT FALSE;

-- When cases were closed (종결) and opened again: what is closed is not closed again by being told so.
CREATE VIEW case_closing AS
SELECT position, stream, hub, occurred_at, closes FROM (
    SELECT position, stream, hub, occurred_at, true AS closes FROM case_closed
    UNION ALL SELECT position, stream, hub, occurred_at, false FROM case_reopened
) QUALIFY closes <> lag(closes, 1, false) OVER (PARTITION BY stream ORDER BY occurred_at, position);

-- What was rated, and of which closure of its case, counted from 1: of the one that stands, else of the one to come.
-- `of_requester` leaves out who is named, beside the requester whom the case names, as somebody else.
CREATE VIEW case_rating AS
WITH told AS (
    SELECT position, stream, hub, occurred_at, score, "by", true AS rates, NULL::BOOLEAN AS closes FROM case_satisfaction_rated
    UNION ALL SELECT position, stream, hub, occurred_at, NULL, NULL, false, closes FROM case_closing
), counted AS (
    SELECT *, count(*) FILTER (closes) OVER course
              + (NOT coalesce(last_value(closes IGNORE NULLS) OVER course, false))::INTEGER AS closure
    FROM told WINDOW course AS (PARTITION BY stream ORDER BY occurred_at, position)
)
SELECT counted.position, stream, counted.hub, counted.occurred_at, score, "by", closure,
       ("by" = requester) IS NOT FALSE AS of_requester
FROM counted LEFT JOIN (SELECT stream, requester FROM last_per_stream('case_opened')) AS asked USING (stream)
WHERE rates;

-- The rating that counts of each closure: the requester's last, one by nobody named only where none names its rater.
CREATE VIEW case_closure_rating AS
SELECT position, stream, hub, occurred_at, score, closure
FROM case_rating WHERE of_requester
QUALIFY row_number() OVER (PARTITION BY stream, closure ORDER BY "by" IS NULL, occurred_at DESC, position DESC) = 1;

-- Helpdesk cases (상담 건), one row each, as `domain.facts.helpdesk.evolve` folds them.
CREATE VIEW case_state AS
WITH fact AS (
    SELECT stream, hub, occurred_at, position, 'opened' AS did, 'open' AS work, 1 AS stage, topic, severity FROM case_opened
    UNION ALL BY NAME SELECT stream, hub, occurred_at, position, 'triaged' AS work, 2 AS stage, severity FROM case_triaged
    UNION ALL BY NAME SELECT stream, hub, occurred_at, position, 'in_progress' AS work, 3 AS stage FROM case_assigned
    UNION ALL BY NAME SELECT stream, hub, occurred_at, position, 'in_progress' AS work, 3 AS stage FROM case_clock_started
    UNION ALL BY NAME SELECT stream, hub, occurred_at, position, 'answered' AS did FROM case_first_response_sent
    UNION ALL BY NAME SELECT stream, hub, occurred_at, position, 'waiting' AS work, 3 AS stage FROM case_clock_stopped
    UNION ALL BY NAME SELECT stream, hub, occurred_at, position, 'waiting' AS work, 3 AS stage, body FROM case_referred
    UNION ALL BY NAME SELECT stream, hub, occurred_at, position, 'resolved' AS did, 'resolved' AS work, 4 AS stage FROM case_resolved
    UNION ALL BY NAME SELECT stream, hub, occurred_at, position, 'reopened' AS did, 'in_progress' AS work, 3 AS stage FROM case_reopened
    UNION ALL BY NAME SELECT stream, hub, occurred_at, position, 'closed' AS did, 'closed' AS work, 4 AS stage FROM case_closed
    UNION ALL BY NAME SELECT stream, hub, occurred_at, position, split_part("into", ':', -1) AS merged FROM case_merged
    UNION ALL BY NAME SELECT stream, hub, occurred_at, position, '' AS merged FROM case_merge_reversed
    UNION ALL BY NAME SELECT stream, hub, occurred_at, position, score FROM case_satisfaction_rated
    UNION ALL BY NAME SELECT stream, hub, occurred_at, position,
        {'policy': policy, 'policy_version': policy_version, 'calendar': calendar, 'calendar_version': calendar_version} AS sla
    FROM case_sla_bound
    UNION ALL BY NAME SELECT stream, hub, occurred_at, position, level FROM case_escalated
), folded AS (
    SELECT stream,
           any_value(hub) AS hub,
           arg_max(work, moment(occurred_at, position)) FILTER (stage = 4) AS done,
           max(moment(occurred_at, position)) FILTER (stage = 4) AS done_at,
           arg_max(work, moment(occurred_at, position)) FILTER (stage = 3) AS doing,
           max(moment(occurred_at, position)) FILTER (stage = 3) AS doing_at,
           max(moment(occurred_at, position)) FILTER (stage = 2) AS triaged_at,
           max(moment(occurred_at, position)) FILTER (stage = 1) AS open_at,
           min(occurred_at) FILTER (did = 'opened') AS opened_at,
           arg_max(topic, moment(occurred_at, position)) AS topic,
           arg_max(severity, moment(occurred_at, position)) AS severity,
           min(occurred_at) FILTER (did = 'answered') AS first_response_at,
           max(occurred_at) FILTER (did = 'resolved') AS resolved_at,
           max(occurred_at) FILTER (did = 'closed') AS closed_at,
           count(*) FILTER (did = 'resolved') AS times_resolved,
           count(*) FILTER (did = 'reopened') AS times_reopened,
           nullif(arg_max(merged, moment(occurred_at, position)), '') AS merged_into,
           arg_max(score, moment(occurred_at, position)) AS score,
           arg_max(sla, moment(occurred_at, position)) AS sla,
           coalesce(arg_max(level, moment(occurred_at, position)), 1) AS level,
           arg_max(body, moment(occurred_at, position)) AS referred_to
    FROM fact GROUP BY stream
), placed AS (  -- what was done since it was resolved or closed last, the furthest stage of it
    SELECT stream,
           CASE WHEN doing_at > coalesce(done_at, doing_at - 1) THEN doing
                WHEN triaged_at > coalesce(done_at, triaged_at - 1) THEN 'triaged'
                WHEN open_at > coalesce(done_at, open_at - 1) THEN 'open'
                ELSE coalesce(done, 'unopened') END AS work,
           folded.* EXCLUDE (stream, done, done_at, doing, doing_at, triaged_at, open_at)
    FROM folded
), stopped AS (
    SELECT stream, list({'began': began, 'ended': ended, 'why': why} ORDER BY began, position) AS stops FROM case_stop GROUP BY stream
)
SELECT stream, hub, CASE WHEN merged_into IS NULL THEN work ELSE 'merged' END AS status, placed.* EXCLUDE (stream, hub),
       coalesce(stops, []) AS stops
FROM placed LEFT JOIN stopped USING (stream);

-- The topic by which figures of the helpdesk are sliced: that of the last opening.
CREATE VIEW case_topic AS SELECT stream, topic FROM last_per_stream('case_opened');

-- Cases that another case goes on for; a figure counts each difficulty once, also when merges run in a circle.
CREATE VIEW case_absorbed AS SELECT stream FROM case_identity WHERE root <> key;
