-- code: case.clock_beyond_calendar   version: 1
-- ko: 근무 달력의 범위를 벗어난 처리시간      en: A case that began before, or ran beyond, what its calendar covers
-- rule: SLA rule; a clock is told for the days that the calendar covers
SELECT bound.position, bound.hub, bound.opened_at AS occurred_at, bound.stream
FROM case_calendar_bound AS bound
ANTI JOIN case_calendar USING (stream)
