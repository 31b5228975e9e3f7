SELECT coalesce(report.position, term.position) AS position, report.hub,
       coalesce(report.occurred_at, term.occurred_at) AS occurred_at, field, country,
       coalesce(report.filed_on <= report.due_on, false)::INTEGER AS amount, half_year_of_day(report.due_on) AS period
FROM project_reports AS report
LEFT JOIN (SELECT stream, position, occurred_at FROM last_per_stream('project_term')) AS term USING (stream)
LEFT JOIN project_slice_abroad USING (stream)
WHERE report.due_on <= (SELECT last_day FROM cut)
