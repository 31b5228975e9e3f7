-- Exchanges (인력교류), one row each, as `domain.facts.exchange.evolve` folds them.
CREATE VIEW exchanges AS
WITH fact AS (
    SELECT stream, hub, effective_at, occurred_at, position, 'nominated' AS status, 1 AS stage, direction, country, person, project,
           true AS plans, planned_until AS "until", from_org, to_org, field, purpose, planned_from FROM exchange_nominated
    UNION ALL BY NAME SELECT stream, hub, effective_at, occurred_at, position, 'accepted' AS status, 2 AS stage, "by" AS accepted_by FROM exchange_accepted
    UNION ALL BY NAME SELECT stream, hub, effective_at, occurred_at, position, 'declined' AS status, 2 AS stage, reason FROM exchange_declined
    UNION ALL BY NAME SELECT stream, hub, effective_at, occurred_at, position, 'departed' AS status, 3 AS stage, "on" AS departed_on FROM exchange_departed
    UNION ALL BY NAME SELECT stream, hub, effective_at, occurred_at, position, 'arrived' AS status, 4 AS stage, "on" AS arrived_on, approval_ref FROM exchange_arrived
    UNION ALL BY NAME SELECT stream, hub, effective_at, occurred_at, position, true AS plans, fact_until AS "until" FROM exchange_extended
    UNION ALL BY NAME SELECT stream, hub, effective_at, occurred_at, position, true AS plans, fact_until AS "until" FROM exchange_curtailed
    UNION ALL BY NAME SELECT stream, hub, effective_at, occurred_at, position, 'returned' AS status, 5 AS stage, "on" AS returned_on FROM exchange_returned
    UNION ALL BY NAME SELECT stream, hub, effective_at, occurred_at, position, 'recognised' AS status, 6 AS stage, outcome FROM exchange_outcome_recognised
    UNION ALL BY NAME SELECT stream, hub, effective_at, occurred_at, position, 'cancelled' AS status, 3 AS stage, reason FROM exchange_cancelled
    UNION ALL BY NAME SELECT stream, hub, concat(project, '/', output) AS output FROM exchange_output_linked
)
SELECT stream,
       any_value(hub) AS hub,
       coalesce(arg_max(status, staged_course(stage, effective_at, occurred_at, position)), 'none') AS status,
       arg_max(direction, course(effective_at, occurred_at, position)) AS direction,
       arg_max_null(country, course(effective_at, occurred_at, position)) FILTER (direction IS NOT NULL) AS country,
       arg_max_null(person, course(effective_at, occurred_at, position)) FILTER (direction IS NOT NULL) AS person,
       arg_max_null(project, course(effective_at, occurred_at, position)) FILTER (direction IS NOT NULL) AS project,
       arg_max(departed_on, course(effective_at, occurred_at, position)) AS departed_on,
       arg_max(arrived_on, course(effective_at, occurred_at, position)) AS arrived_on,
       arg_max_null("until", course(effective_at, occurred_at, position)) FILTER (plans) AS "until",
       arg_max(returned_on, course(effective_at, occurred_at, position)) AS returned_on,
       coalesce(bool_or(status = 'accepted'), false) AS accepted,
       coalesce(bool_or(status = 'recognised'), false) AS recognised,
       coalesce(list(DISTINCT output ORDER BY output) FILTER (output IS NOT NULL), []) AS outputs,
       arg_max_null(from_org, course(effective_at, occurred_at, position)) FILTER (direction IS NOT NULL) AS from_org,
       arg_max_null(to_org, course(effective_at, occurred_at, position)) FILTER (direction IS NOT NULL) AS to_org,
       arg_max_null(field, course(effective_at, occurred_at, position)) FILTER (direction IS NOT NULL) AS field,
       arg_max_null(purpose, course(effective_at, occurred_at, position)) FILTER (direction IS NOT NULL) AS purpose,
       arg_max_null(planned_from, course(effective_at, occurred_at, position)) FILTER (direction IS NOT NULL) AS planned_from,
       arg_max_null(accepted_by, course(effective_at, occurred_at, position)) FILTER (status = 'accepted') AS accepted_by,
       arg_max_null(approval_ref, course(effective_at, occurred_at, position)) FILTER (status = 'arrived') AS approval_ref,
       arg_max(outcome, course(effective_at, occurred_at, position)) AS outcome,
       arg_max_null(reason, course(effective_at, occurred_at, position)) FILTER (status IN ('declined', 'cancelled')) AS reason
FROM fact GROUP BY stream;

-- By what figures of exchanges are sliced: the field and the country of the last nomination, and its direction.
CREATE VIEW exchange_slice AS SELECT stream, field, country, direction FROM last_per_stream('exchange_nominated');

-- Stays (체류) by the half-years they reach into: the days from the arrival (else the departure) to the return (else the
-- cut), both included. Direction, field and country are those of the last nomination.
CREATE VIEW exchange_stay AS
WITH began AS (
    SELECT stream, coalesce(arrived.position, departed.position) AS position,
           coalesce(arrived.hub, departed.hub) AS hub,
           coalesce(arrived.occurred_at, departed.occurred_at) AS occurred_at,
           coalesce(arrived."on", departed."on") AS first_day
    FROM last_per_stream('exchange_arrived') AS arrived
    FULL JOIN last_per_stream('exchange_departed') AS departed USING (stream)
), half AS (
    SELECT period, seoul(starts_at)::DATE AS first_day, seoul(cut_at)::DATE AS last_day FROM period
)
SELECT began.position, stream, began.hub, began.occurred_at, direction, field, country,
       1 + least(coalesce(returned."on", half.last_day), half.last_day) - greatest(began.first_day, half.first_day) AS amount,
       half.period
FROM began
LEFT JOIN last_per_stream('exchange_returned') AS returned USING (stream)
JOIN half ON began.first_day <= half.last_day AND coalesce(returned."on", half.last_day) >= half.first_day
LEFT JOIN exchange_slice USING (stream)
WHERE coalesce(returned."on", half.last_day) >= began.first_day;

-- Stays as they count since version 3 of EX-01: one that was called off behind its departure, and of which neither arrival nor
-- return is told, ends on the day on which it was.
CREATE VIEW exchange_days AS
WITH called_off AS (
    SELECT stream, seoul(occurred_at)::DATE AS day
    FROM last_per_stream('exchange_cancelled')
    SEMI JOIN (FROM exchanges WHERE status = 'cancelled' AND departed_on IS NOT NULL) AS broken_off USING (stream)
)
SELECT position, stream, hub, occurred_at, direction, field, country,
       amount - greatest(coalesce(last_day - called_off.day, 0), 0) AS amount, period
FROM exchange_stay
JOIN (SELECT period, seoul(cut_at)::DATE AS last_day FROM period) AS half USING (period)
LEFT JOIN called_off USING (stream)
WHERE amount > greatest(coalesce(last_day - called_off.day, 0), 0);
