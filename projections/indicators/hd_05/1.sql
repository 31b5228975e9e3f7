WITH resolution AS (
    SELECT position, stream, hub, occurred_at, half_year(occurred_at) AS period,
           EXISTS (FROM case_reopened AS reopened
                   WHERE reopened.stream = resolved.stream
                     AND reopened.occurred_at >= resolved.occurred_at
                     AND reopened.occurred_at <= resolved.occurred_at + INTERVAL 30 DAY) AS reopened
    FROM case_resolved AS resolved
)
SELECT arg_max(position, moment(occurred_at, position)) AS position, any_value(hub) AS hub,
       max(occurred_at) AS occurred_at, any_value(case_topic.topic) AS field, NULL AS country, max(reopened::INTEGER) AS amount
FROM resolution
LEFT JOIN case_topic USING (stream)
ANTI JOIN case_absorbed USING (stream)
GROUP BY stream, period
