-- Versions of work calendars (근무 달력): what is declared is the last version that stood then and one more day.
-- `covers_from` and `covers_until` are NULL of what says nothing of a coverage.
CREATE VIEW calendars AS
WITH said AS (
    SELECT position, stream, occurred_at, version, tz, weekly_open, closed_days, special_days, covers_from, covers_until,
           true AS whole
    FROM record.calendar_published WHERE position <= $KNOWN
    UNION ALL BY NAME
    SELECT position, stream, occurred_at, version, [day] AS closed_days, false AS whole
    FROM record.calendar_closure_declared WHERE position <= $KNOWN
    UNION ALL BY NAME
    SELECT position, stream, occurred_at, version, [special] AS special_days, false AS whole
    FROM record.calendar_hours_declared WHERE position <= $KNOWN
), standing AS (
    FROM said WHERE NOT EXISTS (FROM record.calendar_withdrawn AS act WHERE act.position <= $KNOWN
                                AND act.stream = said.stream AND act.version = said.version)
), founded AS (
    SELECT *, count(*) FILTER (whole) OVER (PARTITION BY stream ORDER BY position) AS foundation FROM standing
)
SELECT stream, split_part(stream, ':', 2) AS calendar, version,
       first_value(tz) OVER grown AS tz,
       first_value(weekly_open) OVER grown AS weekly_open,
       list_sort(list_distinct(flatten(list(coalesce(closed_days, [])) OVER grown))) AS closed_days,
       flatten(list(coalesce(special_days, [])) OVER grown) AS special_days,
       first_value(covers_from) OVER grown AS covers_from,
       first_value(covers_until) OVER grown AS covers_until,
       occurred_at AS published_at, position
FROM founded WINDOW grown AS (PARTITION BY stream, foundation ORDER BY position);
