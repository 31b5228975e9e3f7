-- Versions that the house published. They count once they are known, whatever `valid` is: that moment cuts what happened
-- in the world, and the rates of a half-year are published after it.

-- Versions of work calendars (근무 달력): a closure is the version before and one more closed day.
CREATE VIEW calendars AS
WITH said AS (
    SELECT position, stream, occurred_at, version, tz, weekly_open, closed_days, true AS whole
    FROM record.calendar_published WHERE position <= $KNOWN
    UNION ALL BY NAME
    SELECT position, stream, occurred_at, version, [day] AS closed_days, false AS whole
    FROM record.calendar_closure_declared WHERE position <= $KNOWN
), founded AS (
    SELECT *, count(*) FILTER (whole) OVER (PARTITION BY stream ORDER BY position) AS foundation FROM said
)
SELECT stream, split_part(stream, ':', 2) AS calendar, version,
       first_value(tz) OVER grown AS tz,
       first_value(weekly_open) OVER grown AS weekly_open,
       list_sort(list_distinct(flatten(list(closed_days) OVER grown))) AS closed_days,
       occurred_at AS published_at, position
FROM founded WINDOW grown AS (PARTITION BY stream, foundation ORDER BY position);
