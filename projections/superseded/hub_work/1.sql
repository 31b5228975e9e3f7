-- The last facts about each hub that change what it is for: calendar, functions, links to other centres.
CREATE VIEW hub_work AS
SELECT stream,
       arg_max(calendar, moment(occurred_at, position)) AS calendar,
       arg_max(calendar_version, moment(occurred_at, position)) AS calendar_version,
       coalesce(arg_max(functions, moment(occurred_at, position)), []) AS functions,
       coalesce(list(DISTINCT other_centre ORDER BY other_centre) FILTER (other_centre IS NOT NULL), []) AS linked
FROM (
    SELECT stream, occurred_at, position, calendar, calendar_version FROM hub_calendar_adopted
    UNION ALL BY NAME SELECT stream, occurred_at, position, functions FROM hub_functions_changed
    UNION ALL BY NAME SELECT stream, occurred_at, position, other_centre FROM hub_linked
) GROUP BY stream;
