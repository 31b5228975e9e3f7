WITH aged AS (
    SELECT backlog.*, dated.calendar, dated.version, period.cut_at
    FROM backlog JOIN period USING (period)
    LEFT JOIN case_calendar_bound AS dated
        ON dated.stream = backlog.stream AND opened_at >= known_from AND cut_at < known_until
), young AS (
    SELECT aged.*, coalesce(hours.day_number, 0) AS first_day
    FROM aged ASOF LEFT JOIN open_hours AS hours
        ON hours.calendar = aged.calendar AND hours.version = aged.version AND aged.occurred_at >= hours.opens_at
)
SELECT young.position, young.hub, young.occurred_at, young.topic AS field, NULL AS country,
       CASE WHEN young.calendar IS NOT NULL THEN coalesce(hours.day_number, 0) - young.first_day END AS amount, young.period
FROM young ASOF LEFT JOIN open_hours AS hours
    ON hours.calendar = young.calendar AND hours.version = young.version AND young.cut_at >= hours.opens_at
