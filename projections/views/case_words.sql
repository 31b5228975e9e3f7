-- What was told last of each case beside its state: how and by whom it came, who has it, what was said of its end.
CREATE VIEW case_words AS
SELECT stream,
       arg_max(channel, moment(occurred_at, position)) AS channel,
       arg_max_null(language, moment(occurred_at, position)) FILTER (did = 'opened') AS language,
       arg_max_null(requester, moment(occurred_at, position)) FILTER (did = 'opened') AS requester,
       arg_max_null(assignee, moment(occurred_at, position)) FILTER (did = 'assigned') AS assignee,
       arg_max_null(team, moment(occurred_at, position)) FILTER (did = 'assigned') AS team,
       arg_max_null(due_on, moment(occurred_at, position)) FILTER (did = 'referred') AS referral_due_on,
       arg_max_null(resolution, moment(occurred_at, position)) FILTER (did = 'resolved') AS resolution,
       arg_max(why, moment(occurred_at, position)) AS reopened_why,
       arg_max_null("by", moment(occurred_at, position)) FILTER (did = 'rated') AS rated_by
FROM (
    SELECT stream, occurred_at, position, 'opened' AS did, channel, language, requester FROM case_opened
    UNION ALL BY NAME SELECT stream, occurred_at, position, 'assigned' AS did, assignee, team FROM case_assigned
    UNION ALL BY NAME SELECT stream, occurred_at, position, 'referred' AS did, due_on FROM case_referred
    UNION ALL BY NAME SELECT stream, occurred_at, position, 'resolved' AS did, resolution FROM case_resolved
    UNION ALL BY NAME SELECT stream, occurred_at, position, 'reopened' AS did, why FROM case_reopened
    UNION ALL BY NAME SELECT stream, occurred_at, position, 'rated' AS did, "by" FROM case_satisfaction_rated
) GROUP BY stream;
