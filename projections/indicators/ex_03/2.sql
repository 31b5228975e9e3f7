WITH cohort AS (
    SELECT position, stream, hub, occurred_at, months_later(effective_at, 24) AS matures_at FROM last_per_stream('exchange_returned')
), fruitful AS (
    SELECT linked.stream, min(verified.occurred_at) AS verified_at
    FROM exchange_output_linked AS linked
    JOIN output_verification AS verified
        ON verified.stream = concat('project:', split_part(linked.project, ':', -1)) AND verified.output = linked.output
    GROUP BY linked.stream
)
SELECT cohort.position, cohort.hub, cohort.occurred_at, field, country,
       coalesce(fruitful.verified_at <= matures_at, false)::INTEGER AS amount, half_year(matures_at) AS period
FROM cohort
LEFT JOIN fruitful USING (stream)
LEFT JOIN exchange_slice USING (stream)
WHERE matures_at <= (SELECT ends_at FROM cut)
