-- When the clocks of each case ran: from its opening on, less its stops. In microseconds of its calendar: `open_began` and
-- `open_ended` since the calendar's first, `spent` on the case before; `until` it runs again.
CREATE VIEW case_clock AS
WITH dated AS MATERIALIZED (FROM case_calendar_bound), hours AS MATERIALIZED (FROM open_hours), stop AS (
    SELECT stream, greatest(began, opened_at) AS began, ended,
           row_number() OVER (PARTITION BY stream ORDER BY began, case_stop.position) AS number
    FROM case_stop JOIN dated USING (stream)
    WHERE ended IS NULL OR ended > opened_at
), turn AS (
    SELECT stream, calendar, version, opened_at AS began, 0 AS number, true AS runs FROM dated
    UNION ALL BY NAME SELECT stream, began, 2 * number - 1 AS number, false AS runs FROM stop
    UNION ALL BY NAME SELECT stream, calendar, version, ended AS began, 2 * number AS number, true AS runs
    FROM stop JOIN dated USING (stream) WHERE ended IS NOT NULL
), spell AS (
    SELECT stream, calendar, version, number, began,
           lead(began, 1, 'infinity'::TIMESTAMP) OVER (PARTITION BY stream ORDER BY number) AS ended
    FROM turn QUALIFY runs
), begun AS (
    SELECT spell.*, open_until(hours, began) AS open_began
    FROM spell ASOF LEFT JOIN hours
        ON hours.calendar = spell.calendar AND hours.version = spell.version AND spell.began >= hours.opens_at
), measured AS (
    SELECT begun.*, open_until(hours, ended) AS open_ended
    FROM begun ASOF LEFT JOIN hours
        ON hours.calendar = begun.calendar AND hours.version = begun.version AND begun.ended >= hours.opens_at
)
SELECT *, lead(began, 1, 'infinity'::TIMESTAMP) OVER course AS until,
       sum(open_ended - open_began) OVER course::BIGINT - (open_ended - open_began) AS spent
FROM measured WINDOW course AS (PARTITION BY stream ORDER BY number);
