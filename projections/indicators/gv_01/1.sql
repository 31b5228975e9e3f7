WITH expected AS (
    SELECT position, occurred_at, period AS checked, due_on, unnest(hubs) AS hub FROM first_per_stream('check_opened')
)
SELECT coalesce(made.position, expected.position) AS position, expected.hub,
       coalesce(made.occurred_at, expected.occurred_at) AS occurred_at, NULL AS field, NULL AS country,
       coalesce(seoul(made.occurred_at)::DATE <= expected.due_on, false)::INTEGER AS amount,
       half_year_of_day(expected.due_on) AS period
FROM expected
LEFT JOIN first_per_stream('review_submission_made') AS made
    ON made.stream = concat('review:', expected.checked, '-', expected.hub)
WHERE expected.due_on <= (SELECT last_day FROM cut)
