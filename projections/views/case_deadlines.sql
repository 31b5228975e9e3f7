-- The clocks of each open case: `promised_minutes` and `run_minutes` are business minutes of its calendar, until the clock
-- ended or stands still, or until now (the reader's `valid`, else the recording of the last entry known). `due` is the last
-- moment at which the promise is kept if nothing more stops the clock. A stop that the policy in force does not allow (irregular,
-- `case.clock_reason_unlisted`) stops none. `state` is
--   running, stopped    it goes on, or stands still, and is not late
--   met, breached       it ended in time, or its moment is past
--   unpromised          no promise is bound, or none for its severity
--   unknown             no calendar is known, or none that covers it: whether it is late cannot be told
-- `breaches_next` marks the running clock of a case that will be breached first.
CREATE VIEW case_clock_read AS
WITH clock (clock) AS (VALUES ('first_response'), ('resolve'))
SELECT opened.position, opened.stream, opened.hub, clock.clock, promised_minutes, done.ended,
       still.began IS NOT NULL AS stopped, coalesce(done.ended, still.began, cut.ends_at) AS occurred_at
FROM case_state AS state
JOIN first_per_stream('case_opened') AS opened USING (stream)
CROSS JOIN clock
LEFT JOIN (SELECT stream, clock, promised_minutes FROM case_promise) AS promise USING (stream, clock)
LEFT JOIN case_end AS done USING (stream, clock)
LEFT JOIN (SELECT stream, began FROM case_standstill WHERE ended IS NULL) AS still ON still.stream = opened.stream, cut
WHERE state.status NOT IN ('resolved', 'closed', 'merged');

CREATE VIEW case_deadlines AS
WITH measured AS (
    SELECT run.stream, run.hub, run.clock, promised_minutes, minutes AS run_minutes, ended, run.occurred_at AS seen_at,
           CASE WHEN opened_at >= known_from THEN deadline END AS due,
           coalesce(opened_at >= known_from, false) AS dated, stopped
    FROM with_business_minutes('case_clock_read') AS run
    LEFT JOIN (SELECT stream, opened_at, known_from FROM case_calendar_bound) AS bound ON bound.stream = run.stream
    LEFT JOIN case_deadline AS broken ON broken.stream = run.stream AND broken.clock = run.clock
), judged AS (
    SELECT *, CASE WHEN promised_minutes IS NULL THEN 'unpromised'
                   WHEN seen_at > due THEN 'breached'
                   WHEN run_minutes IS NULL OR NOT dated THEN 'unknown'
                   WHEN ended IS NOT NULL THEN 'met'
                   WHEN stopped THEN 'stopped'
                   ELSE 'running' END AS state
    FROM measured
)
SELECT stream, hub, clock, promised_minutes, run_minutes, due, ended, state,
       CASE WHEN state NOT IN ('unpromised', 'unknown') THEN state = 'breached' END AS breached,
       coalesce(state = 'running' AND due = min(due) FILTER (state = 'running') OVER (PARTITION BY stream), false) AS breaches_next
FROM judged;

-- Helpdesk cases (상담 건), one row each: their state, and of open ones the clocks as `case_deadlines` shows them.
CREATE VIEW cases AS
SELECT case_state.*, coalesce(clocks, []) AS clocks,
       channel, language, requester, assignee, team, referral_due_on, resolution, reopened_why, rated_by
FROM case_state
LEFT JOIN case_words USING (stream)
LEFT JOIN (
    SELECT stream, list({'clock': clock, 'promised_minutes': promised_minutes, 'run_minutes': run_minutes, 'due': due,
                         'ended': ended, 'state': state, 'breaches_next': breaches_next} ORDER BY clock) AS clocks
    FROM case_deadlines GROUP BY stream
) AS running USING (stream);
