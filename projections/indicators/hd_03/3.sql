WITH clock AS (
    SELECT stream, clock, ended <= deadline OR deadline IS NULL AS met,
           CASE WHEN ended <= deadline OR deadline IS NULL THEN ended
                WHEN deadline < (SELECT ends_at FROM cut) THEN deadline END AS decided_at
    FROM case_promise
    SEMI JOIN case_calendar USING (stream)
    LEFT JOIN case_end USING (stream, clock)
    LEFT JOIN case_deadline USING (stream, clock)
), decided AS (
    SELECT stream, max(decided_at) AS occurred_at, bool_and(coalesce(met, false))::INTEGER AS amount
    FROM clock GROUP BY stream HAVING count(*) = count(decided_at)
    UNION ALL
    SELECT stream, coalesce(resolved.occurred_at, bound.occurred_at), NULL
    FROM last_per_stream('case_sla_bound') AS bound LEFT JOIN case_resolution AS resolved USING (stream)
    SEMI JOIN case_promise USING (stream) ANTI JOIN case_calendar USING (stream)
)
SELECT bound.position, bound.hub, decided.occurred_at, case_topic.topic AS field, NULL AS country, decided.amount
FROM decided
JOIN last_per_stream('case_sla_bound') AS bound USING (stream)
JOIN case_topic USING (stream)
ANTI JOIN case_absorbed USING (stream)
