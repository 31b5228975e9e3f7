WITH begun AS (
    SELECT stream, position, hub, occurred_at, effective_at, "on" AS first_day, true AS arrived FROM exchange_arrived
    UNION ALL SELECT stream, position, hub, occurred_at, effective_at, "on", false FROM exchange_departed
), planned AS (
    SELECT stream, occurred_at, position, planned_until AS last_day FROM exchange_nominated
    UNION ALL SELECT stream, occurred_at, position, fact_until FROM exchange_extended
    UNION ALL SELECT stream, occurred_at, position, fact_until FROM exchange_curtailed
), stay AS (
    SELECT begun.* EXCLUDE (effective_at), nominated.person, coalesce(returned."on", planned.last_day, '9999-12-31'::DATE) AS last_day
    FROM (
        FROM begun
        QUALIFY row_number() OVER (PARTITION BY stream ORDER BY arrived DESC, effective_at DESC, occurred_at DESC, position DESC) = 1
    ) AS begun
    JOIN last_per_stream('exchange_nominated') AS nominated USING (stream)
    LEFT JOIN last_per_stream('exchange_returned') AS returned USING (stream)
    LEFT JOIN (
        SELECT stream, arg_max_null(last_day, moment(occurred_at, position)) AS last_day FROM planned GROUP BY stream
    ) AS planned USING (stream)
    WHERE nominated.person IS NOT NULL
)
SELECT later.position, later.hub, later.occurred_at, later.stream
FROM stay AS later
SEMI JOIN stay AS earlier
    ON earlier.person = later.person AND earlier.stream <> later.stream
   AND (earlier.first_day, earlier.position) < (later.first_day, later.position)
   AND earlier.last_day > later.first_day
