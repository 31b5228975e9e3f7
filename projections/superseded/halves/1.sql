-- Half-years from the first to the last fact of the world that holds, from 2000S1 on.
CREATE VIEW halves AS
WITH span AS (
    SELECT seoul(greatest(min(occurred_at), first_moment())) AS earliest, seoul(max(occurred_at)) AS latest
    FROM effective WHERE of_the_world(kind)
), half AS (
    SELECT unnest(generate_series(
        make_date(year(earliest), CASE WHEN month(earliest) <= 6 THEN 1 ELSE 7 END, 1)::TIMESTAMP,
        latest, INTERVAL 6 MONTH)) AS local
    FROM span
)
SELECT half_year(local - INTERVAL 9 HOUR) AS period,
       local - INTERVAL 9 HOUR AS starts_at,
       local + INTERVAL 6 MONTH - INTERVAL 9 HOUR AS ends_at
FROM half;
