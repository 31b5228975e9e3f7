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
    SELECT seoul(coalesce(getvariable('valid')::TIMESTAMP, max(recorded_at)))::DATE AS day
    FROM record.event WHERE position <= $KNOWN
)
SELECT folded.*, split_part(stream, ':', 2)[:6] AS period,
       due_on < today.day AND status IN ('action_agreed', 'reported', 'rejected') AS overdue
FROM folded, today;
