WITH cancelled AS (
    FROM last_per_stream('exchange_cancelled') AS cancelled
    WHERE EXISTS (FROM exchange_accepted AS accepted
                  WHERE accepted.stream = cancelled.stream AND accepted.occurred_at <= cancelled.occurred_at)
      AND stream IN (SELECT stream FROM exchanges WHERE status IN ('cancelled', 'recognised'))
)
SELECT coalesce(returned.position, cancelled.position) AS position, coalesce(returned.hub, cancelled.hub) AS hub,
       coalesce(returned.occurred_at, cancelled.occurred_at) AS occurred_at, field, country,
       EXISTS (FROM exchange_outcome_recognised AS recognised WHERE recognised.stream = coalesce(returned.stream, cancelled.stream))::INTEGER AS amount,
       half_year(coalesce(returned.effective_at, cancelled.effective_at)) AS period
FROM last_per_stream('exchange_returned') AS returned
FULL JOIN cancelled USING (stream)
LEFT JOIN exchange_slice USING (stream)
