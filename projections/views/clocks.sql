-- From when on each hub works by which version of a calendar; what was before the first adoption goes by the first.
CREATE VIEW hub_calendar AS
FROM (
    SELECT split_part(stream, ':', 2) AS hub, calendar, calendar_version AS version, position,
           CASE WHEN row_number() OVER (PARTITION BY stream ORDER BY occurred_at, position) = 1
                THEN '-infinity'::TIMESTAMP ELSE occurred_at END AS since
    FROM hub_calendar_adopted
)
QUALIFY row_number() OVER (PARTITION BY hub, since ORDER BY position DESC) = 1;

-- The version of a calendar that each case names: the one bound last, or without one the one by which the hub worked when
-- the case was opened. A case that was opened before 2000 has no clocks.
CREATE VIEW case_calendar_named AS
SELECT opened.stream, opened.position, opened.hub, opened.occurred_at AS opened_at,
       coalesce(bound.calendar, adopted.calendar) AS calendar,
       CASE WHEN bound.calendar IS NULL THEN adopted.version ELSE bound.calendar_version END AS version
FROM first_per_stream('case_opened') AS opened
LEFT JOIN (SELECT stream, calendar, calendar_version FROM last_per_stream('case_sla_bound')) AS bound USING (stream)
ASOF LEFT JOIN hub_calendar AS adopted ON adopted.hub = opened.hub AND opened.occurred_at >= adopted.since
WHERE opened.occurred_at >= first_moment();

-- The version of a calendar that the clocks of each case run on: the one that it names, where that can be used. The clocks
-- can be told from `known_from` to before `known_until`, the days that the calendar covers; of a calendar that does not say,
-- always.
CREATE VIEW case_calendar_bound AS
SELECT named.*,
       coalesce(timezone('UTC', timezone(calendars.tz, covers_from::TIMESTAMP)), '-infinity'::TIMESTAMP) AS known_from,
       coalesce(timezone('UTC', timezone(calendars.tz, covers_until::TIMESTAMP + INTERVAL 1 DAY)),
                'infinity'::TIMESTAMP) AS known_until
FROM case_calendar_named AS named JOIN usable_calendars AS calendars USING (calendar, version);

-- When clocks of cases stood, went on and ended.
CREATE VIEW case_clock_fact AS
SELECT occurred_at FROM case_clock_stopped
UNION ALL SELECT occurred_at FROM case_clock_started
UNION ALL SELECT occurred_at FROM case_first_response_sent
UNION ALL SELECT occurred_at FROM case_resolved
UNION ALL SELECT occurred_at FROM case_closed;

-- From when until when the hours of each version of a calendar are needed: from the first case that runs on it to half a
-- year beyond the cut and the last fact about a clock. What does not hold needs none.
CREATE VIEW calendar_use AS
SELECT calendar, version, min(opened_at)::DATE - 2 AS first_day,
       (SELECT greatest(ends_at, (SELECT max(occurred_at) FROM case_clock_fact))::DATE + 185 FROM cut) AS last_day
FROM case_calendar_named GROUP BY calendar, version;

-- The hours in which each version of a calendar is open, in UTC, while they are needed, over the days that it covers. A
-- special day has its own hours, whatever its weekday and though it be closed.
-- `before` is how many microseconds it was open before that, `day_number` how many days it had been open, this one too.
CREATE VIEW open_hours AS
WITH used AS (
    SELECT calendars.*, first_day, last_day
    FROM usable_calendars AS calendars JOIN calendar_use USING (calendar, version)
), days AS (
    SELECT * EXCLUDE (first_day, last_day),
           unnest(generate_series(greatest(first_day, covers_from), least(last_day, covers_until), INTERVAL 1 DAY))::DATE AS day
    FROM used
), opening AS (
    SELECT calendar, version, tz, day, hours.opens, hours.closes FROM (
        SELECT calendar, version, tz, day, isodow(day) AS weekday, unnest(weekly_open) AS hours
        FROM days
        WHERE NOT list_contains(closed_days, day) AND NOT list_contains([it.day for it in special_days], day)
    ) WHERE hours.weekday = weekday
    UNION ALL
    SELECT calendar, version, tz, day, hours.opens, hours.closes FROM (
        SELECT calendar, version, tz, day, unnest(special.hours) AS hours
        FROM (SELECT *, unnest(special_days) AS special FROM days WHERE len(special_days) > 0) WHERE special.day = day
    )
), utc AS (
    SELECT calendar, version, day,
           timezone('UTC', timezone(tz, day::TIMESTAMP + clock(opens))) AS opens_at,
           greatest(timezone('UTC', timezone(tz, day::TIMESTAMP + clock(closes))), opens_at) AS closes_at
    FROM opening
)
SELECT calendar, version, opens_at, closes_at,
       coalesce(sum(epoch_us(closes_at) - epoch_us(opens_at)) OVER (
           course ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::BIGINT AS before,
       dense_rank() OVER (PARTITION BY calendar, version ORDER BY day) AS day_number
FROM utc WINDOW course AS (PARTITION BY calendar, version ORDER BY opens_at);

CREATE VIEW case_answer AS SELECT position, stream, hub, occurred_at FROM first_per_stream('case_first_response_sent');

CREATE VIEW case_resolution AS SELECT position, stream, hub, occurred_at FROM last_per_stream('case_resolved');

-- When each clock of a case ended: the first response; and the last resolution (else the closure) that no reopening
-- followed. A clock that nothing ended runs on.
CREATE VIEW case_end AS
SELECT stream, 'first_response' AS clock, occurred_at AS ended FROM case_answer
UNION ALL
SELECT stream, 'resolve', coalesce(max(occurred_at) FILTER (resolves), max(occurred_at)) FROM (
    SELECT stream, occurred_at, position, true AS resolves FROM case_resolved
    UNION ALL SELECT stream, occurred_at, position, false FROM case_closed
) AS done
ANTI JOIN case_reopened AS reopened ON reopened.stream = done.stream
    AND (reopened.occurred_at, reopened.position) > (done.occurred_at, done.position)
GROUP BY stream;

-- The cases whose clocks can be told until they are resolved, or until now: what a figure of a whole case goes by. One that
-- began before what its calendar covers, or ran beyond it, is missing until a version that covers it is bound.
CREATE VIEW case_calendar AS
SELECT bound.stream, bound.position, opened_at, calendar, version
FROM case_calendar_bound AS bound
LEFT JOIN (FROM case_end WHERE clock = 'resolve') AS done USING (stream), cut
WHERE opened_at >= known_from
  AND (known_until = 'infinity'::TIMESTAMP OR coalesce(done.ended, cut.ends_at) < known_until);

-- Stops for a reason that the policy in force at that time, bound last by then, does not list: no clock stops for it.
CREATE VIEW case_stop_unlisted AS
WITH course AS (
    SELECT position, stream, hub, occurred_at, policy, policy_version AS version, false AS stops FROM case_sla_bound
    UNION ALL BY NAME SELECT position, stream, hub, occurred_at, why, true AS stops FROM case_clock_stopped
), under AS (
    SELECT position, stream, hub, occurred_at, why, stops,
           last_value(policy IGNORE NULLS) OVER held AS policy, last_value(version IGNORE NULLS) OVER held AS version
    FROM course WINDOW held AS (PARTITION BY stream ORDER BY occurred_at, position)
)
SELECT position, stream, hub, occurred_at
FROM under JOIN sla_stop_reasons USING (policy, version)
WHERE stops AND NOT list_contains(stop_reasons, why);

CREATE VIEW case_stop_allowed AS
SELECT position, stream, hub, occurred_at, why FROM case_clock_stopped
ANTI JOIN (SELECT position FROM case_stop_unlisted) AS unlisted USING (position);

-- When the clocks of a case stood still: what its policy does not allow stops no clock.
CREATE VIEW case_standstill AS FROM standing_still('case_stop_allowed');

-- When the clocks of each case ran: from its opening on, less its stops that are allowed. In microseconds of its calendar: `open_began` and
-- `open_ended` since the calendar's first, `spent` on the case before; `until` it runs again.
CREATE VIEW case_clock AS
WITH dated AS MATERIALIZED (FROM case_calendar_bound), hours AS MATERIALIZED (FROM open_hours), stop AS (
    SELECT stream, greatest(began, opened_at) AS began, ended,
           row_number() OVER (PARTITION BY stream ORDER BY began, case_standstill.position) AS number
    FROM case_standstill JOIN dated USING (stream)
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

-- To facts about cases, the minutes that the clocks of each case had run by then (영업시간 분): 0 before it was opened,
-- NULL where no calendar is known, or beyond what it covers.
CREATE MACRO with_business_minutes(facts) AS TABLE
    SELECT run.* EXCLUDE (calendar, version, opened_at, known_from, known_until, began, open_began, open_ended, spent),
           CASE WHEN opened_at IS NULL OR opened_at < known_from OR run.occurred_at >= known_until THEN NULL
                WHEN began IS NULL THEN 0
                ELSE (spent + least(open_until(hours, run.occurred_at), open_ended) - open_began) / 60e6 END AS minutes
    FROM (
        SELECT fact.*, dated.calendar, dated.version, dated.opened_at, dated.known_from, dated.known_until,
               clock.began, clock.open_began, clock.open_ended, clock.spent
        FROM query_table(facts) AS fact
        LEFT JOIN case_calendar_bound AS dated ON dated.stream = fact.stream
        LEFT JOIN case_clock AS clock
            ON clock.stream = fact.stream AND fact.occurred_at >= clock.began AND fact.occurred_at < clock.until
    ) AS run
    ASOF LEFT JOIN open_hours AS hours
        ON hours.calendar = run.calendar AND hours.version = run.version AND run.occurred_at >= hours.opens_at;

-- What was promised to each case (처리기한), by clock, in business minutes, for the severity judged last.
CREATE VIEW case_promise AS
WITH severity AS (
    SELECT stream, arg_max(severity, moment(occurred_at, position)) AS severity FROM (
        SELECT stream, occurred_at, position, severity FROM case_opened
        UNION ALL SELECT stream, occurred_at, position, severity FROM case_triaged
    ) GROUP BY stream
), promised AS (
    SELECT bound.stream, bound.position, bound.hub, first_response_minutes AS first_response, resolve_minutes AS resolve
    FROM last_per_stream('case_sla_bound') AS bound
    JOIN severity USING (stream)
    JOIN sla_targets AS targets
        ON targets.policy = bound.policy AND targets.version = bound.policy_version AND targets.severity = severity.severity
)
UNPIVOT promised ON first_response, resolve INTO NAME clock VALUE promised_minutes;

-- When each promise is broken (기한 경과) if nothing ends the clock: the last moment at which no more has run than was
-- promised. A promise that the calendar or a stop keeps open for ever, or beyond what the calendar covers, is not in here.
CREATE VIEW case_deadline AS
WITH due AS (
    SELECT promise.stream, promise.clock, run.calendar, run.version,
           (run.open_began + promised_minutes::HUGEINT * 60000000 - run.spent)::BIGINT AS due
    FROM case_promise AS promise
    JOIN case_clock AS run ON run.stream = promise.stream AND run.spent <= promised_minutes::HUGEINT * 60000000
        AND promised_minutes::HUGEINT * 60000000 < run.spent + run.open_ended - run.open_began
)
SELECT due.stream, due.clock, hours.opens_at + to_microseconds(due - hours.before) AS deadline
FROM due ASOF JOIN open_hours AS hours
    ON hours.calendar = due.calendar AND hours.version = due.version AND due.due >= hours.before;
