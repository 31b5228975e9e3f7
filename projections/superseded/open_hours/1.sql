-- The hours in which each version of a calendar is open, in UTC, over the days of the record and half a year beyond.
-- `before` is how many microseconds it was open before that, `day_number` how many days it had been open, this one too.
CREATE VIEW open_hours AS
WITH span AS (
    SELECT least(min(occurred_at), (SELECT min(fact_occurred_at) FROM record.entry_corrected))::DATE - 2 AS first_day,
           greatest(max(occurred_at), max(recorded_at))::DATE + 185 AS last_day
    FROM record.event
), opening AS (
    SELECT calendar, version, tz, closed_days, unnest(weekly_open) AS hours
    FROM calendars SEMI JOIN pg_timezone_names() AS zone ON zone.name = calendars.tz
), local AS (
    SELECT calendar, version, tz, day, day::TIMESTAMP + clock(hours.opens) AS opens, day::TIMESTAMP + clock(hours.closes) AS closes
    FROM (SELECT unnest(generate_series(first_day, last_day, INTERVAL 1 DAY))::DATE AS day FROM span) AS days
    JOIN opening ON hours.weekday = isodow(day) AND NOT list_contains(closed_days, day)
), utc AS (
    SELECT calendar, version, day,
           timezone('UTC', timezone(tz, opens)) AS opens_at,
           greatest(timezone('UTC', timezone(tz, closes)), timezone('UTC', timezone(tz, opens))) AS closes_at
    FROM local
)
SELECT calendar, version, opens_at, closes_at,
       coalesce(sum(epoch_us(closes_at) - epoch_us(opens_at)) OVER (
           course ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::BIGINT AS before,
       dense_rank() OVER (PARTITION BY calendar, version ORDER BY day) AS day_number
FROM utc WINDOW course AS (PARTITION BY calendar, version ORDER BY opens_at);
