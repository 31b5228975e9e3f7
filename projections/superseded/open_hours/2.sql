-- The hours in which each version of a calendar is open, in UTC, from the first case that runs on it to half a year beyond
-- the record, over the days that it covers. A special day has its own hours, whatever its weekday and though it be closed.
-- `before` is how many microseconds it was open before that, `day_number` how many days it had been open, this one too.
CREATE VIEW open_hours AS
WITH used AS (
    SELECT calendars.*, first_day, last_day
    FROM usable_calendars AS calendars
    JOIN (
        SELECT calendar, version, min(opened_at)::DATE - 2 AS first_day FROM case_calendar_named GROUP BY ALL
    ) USING (calendar, version),
    (SELECT greatest(max(occurred_at), max(recorded_at))::DATE + 185 AS last_day FROM record.event)
), days AS (
    SELECT * EXCLUDE (first_day, last_day),
           unnest(generate_series(greatest(first_day, covers_from), least(last_day, covers_until), INTERVAL 1 DAY))::DATE AS day
    FROM used
), opening AS (
    SELECT calendar, version, tz, day, hours.opens, hours.closes FROM (
        SELECT calendar, version, tz, day, isodow(day) AS weekday, unnest(weekly_open) AS hours
        FROM days
        WHERE NOT list_contains(closed_days, day) AND NOT list_contains([it.day for it in special_days], day)
    ) WHERE hours.weekday = weekday
    UNION ALL
    SELECT calendar, version, tz, day, hours.opens, hours.closes FROM (
        SELECT calendar, version, tz, day, unnest(special.hours) AS hours
        FROM (SELECT *, unnest(special_days) AS special FROM days WHERE len(special_days) > 0) WHERE special.day = day
    )
), utc AS (
    SELECT calendar, version, day,
           timezone('UTC', timezone(tz, day::TIMESTAMP + clock(opens))) AS opens_at,
           greatest(timezone('UTC', timezone(tz, day::TIMESTAMP + clock(closes))), opens_at) AS closes_at
    FROM opening
)
SELECT calendar, version, opens_at, closes_at,
       coalesce(sum(epoch_us(closes_at) - epoch_us(opens_at)) OVER (
           course ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::BIGINT AS before,
       dense_rank() OVER (PARTITION BY calendar, version ORDER BY day) AS day_number
FROM utc WINDOW course AS (PARTITION BY calendar, version ORDER BY opens_at);
