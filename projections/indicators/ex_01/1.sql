-- code: EX-01          version: 1       class: output
-- ko: 교류 인월           en: Exchange person-months
-- unit: person-month                    aggregate: sum(amount) / 30.4375
-- period: its own
-- counts: stays by the half-years they reach into, from arrival (else departure) to return (else the cut),
--         both days included; amount is days
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
SELECT began.position, began.hub, began.occurred_at, field, country,
       1 + least(coalesce(returned."on", half.last_day), half.last_day) - greatest(began.first_day, half.first_day) AS amount,
       half.period
FROM began
LEFT JOIN last_per_stream('exchange_returned') AS returned USING (stream)
JOIN half ON began.first_day <= half.last_day AND coalesce(returned."on", half.last_day) >= half.first_day
LEFT JOIN exchange_slice USING (stream)
WHERE coalesce(returned."on", half.last_day) >= began.first_day
