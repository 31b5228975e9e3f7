-- When the clocks of a case stood still; `ended` is NULL while they do. A stop of a stopped clock changes nothing.
CREATE VIEW case_stop AS
WITH turn AS (
    SELECT position, stream, hub, occurred_at, true AS stopped, why FROM case_clock_stopped
    UNION ALL SELECT position, stream, hub, occurred_at, false, NULL FROM case_clock_started
), change AS (
    FROM turn QUALIFY stopped <> lag(stopped, 1, false) OVER (PARTITION BY stream ORDER BY occurred_at, position)
)
SELECT position, stream, hub, occurred_at AS began, ended, why FROM (
    SELECT *, lead(occurred_at) OVER (PARTITION BY stream ORDER BY occurred_at, position) AS ended FROM change
) WHERE stopped;
