-- To facts about cases, the minutes that the clocks of each case had run by then (영업시간 분): 0 before it was opened,
-- NULL where no calendar is known.
CREATE MACRO with_business_minutes(facts) AS TABLE
    SELECT run.* EXCLUDE (calendar, version, opened_at, began, open_began, open_ended, spent),
           CASE WHEN opened_at IS NULL THEN NULL
                WHEN began IS NULL THEN 0
                ELSE (spent + least(open_until(hours, run.occurred_at), open_ended) - open_began) / 60e6 END AS minutes
    FROM (
        SELECT fact.*, dated.calendar, dated.version, dated.opened_at,
               clock.began, clock.open_began, clock.open_ended, clock.spent
        FROM query_table(facts) AS fact
        LEFT JOIN case_calendar AS dated ON dated.stream = fact.stream
        LEFT JOIN case_clock AS clock
            ON clock.stream = fact.stream AND fact.occurred_at >= clock.began AND fact.occurred_at < clock.until
    ) AS run
    ASOF LEFT JOIN open_hours AS hours
        ON hours.calendar = run.calendar AND hours.version = run.version AND run.occurred_at >= hours.opens_at;
