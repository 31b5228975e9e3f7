WITH clock AS (
    SELECT promise.stream, clock, ended <= deadline OR deadline IS NULL AS met,
           CASE WHEN ended <= deadline OR deadline IS NULL THEN ended
                WHEN deadline < cut.ends_at THEN deadline END AS decided_at,
           CASE WHEN opened_at < known_from THEN '-infinity'::TIMESTAMP
                WHEN coalesce(ended, cut.ends_at) >= known_until AND coalesce(deadline >= coalesce(ended, cut.ends_at), true)
                THEN known_until END AS lost_at
    FROM case_promise AS promise
    JOIN case_calendar_bound USING (stream)
    LEFT JOIN case_end USING (stream, clock)
    LEFT JOIN case_deadline USING (stream, clock), cut
), judged AS (
    SELECT stream, max(decided_at) AS occurred_at, bool_and(coalesce(met, false))::INTEGER AS amount,
           count(*) = count(decided_at) AS decided, min(lost_at) AS lost_at
    FROM clock GROUP BY stream
), decided AS (
    SELECT stream, occurred_at, amount FROM judged WHERE decided AND lost_at IS NULL
    UNION ALL
    SELECT stream, coalesce(done.ended, greatest(bound.occurred_at, lost_at)), NULL
    FROM last_per_stream('case_sla_bound') AS bound
    LEFT JOIN judged USING (stream)
    LEFT JOIN (FROM case_end WHERE clock = 'resolve') AS done USING (stream)
    SEMI JOIN case_promise USING (stream)
    WHERE judged.stream IS NULL OR lost_at IS NOT NULL
)
SELECT bound.position, bound.hub, decided.occurred_at, case_topic.topic AS field, NULL AS country, decided.amount
FROM decided
JOIN last_per_stream('case_sla_bound') AS bound USING (stream)
JOIN case_topic USING (stream)
ANTI JOIN case_absorbed USING (stream)
