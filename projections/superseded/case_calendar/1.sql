-- The version of a calendar that the clocks of each case run on: the one bound last, or without one the one by which the
-- hub worked when the case was opened. A case is not in here when there is neither, or when nobody published it.
CREATE VIEW case_calendar AS
SELECT opened.stream, opened.position, opened.occurred_at AS opened_at,
       coalesce(bound.calendar, adopted.calendar) AS calendar,
       CASE WHEN bound.calendar IS NULL THEN adopted.version ELSE bound.calendar_version END AS version
FROM first_per_stream('case_opened') AS opened
LEFT JOIN (SELECT stream, calendar, calendar_version FROM last_per_stream('case_sla_bound')) AS bound USING (stream)
ASOF LEFT JOIN hub_calendar AS adopted ON adopted.hub = opened.hub AND opened.occurred_at >= adopted.since
SEMI JOIN calendars
    ON calendars.calendar = coalesce(bound.calendar, adopted.calendar)
   AND calendars.version = CASE WHEN bound.calendar IS NULL THEN adopted.version ELSE bound.calendar_version END;
