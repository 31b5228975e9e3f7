WITH cohort AS (
    SELECT position, stream, hub, occurred_at, months_later(effective_at, 12) AS matures_at FROM last_per_stream('project_completed')
)
SELECT cohort.position, cohort.hub, cohort.occurred_at, field, country,
       EXISTS (FROM project_follow_on_linked AS linked
               WHERE linked.stream = cohort.stream AND linked.occurred_at <= matures_at
                 AND split_part(linked.project, ':', -1) <> split_part(linked.stream, ':', -1))::INTEGER AS amount,
       half_year(matures_at) AS period
FROM cohort
LEFT JOIN project_slice_abroad USING (stream)
WHERE matures_at <= (SELECT ends_at FROM cut)
