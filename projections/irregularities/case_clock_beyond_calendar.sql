SELECT bound.position, bound.hub, bound.opened_at AS occurred_at, bound.stream
FROM case_calendar_bound AS bound
ANTI JOIN case_calendar USING (stream)
