-- code: GV-01          version: 1       class: process
-- ko: 기한 내 제출률        en: Timely submission
-- unit: %                               aggregate: 100 * avg(amount)
-- period: its own
-- counts: hubs that owed a submission whose due day (in Seoul) ended in the period, by its cut; 1 when the first submission
--         came by then, else 0
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
