-- When each promise is broken (기한 경과) if nothing ends the clock: the last moment at which no more has run than was
-- promised. A promise that the calendar or a stop keeps open for ever is not in here.
CREATE VIEW case_deadline AS
WITH due AS (
    SELECT promise.stream, promise.clock, run.calendar, run.version,
           run.open_began + promised_minutes * 60000000 - run.spent AS due
    FROM case_promise AS promise
    JOIN case_clock AS run ON run.stream = promise.stream AND run.spent <= promised_minutes * 60000000
        AND promised_minutes * 60000000 < run.spent + run.open_ended - run.open_began
)
SELECT due.stream, due.clock, hours.opens_at + to_microseconds(due - hours.before) AS deadline
FROM due ASOF JOIN open_hours AS hours
    ON hours.calendar = due.calendar AND hours.version = due.version AND due.due >= hours.before;
