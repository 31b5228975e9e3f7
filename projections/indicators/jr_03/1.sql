-- code: JR-03          version: 1       class: process
-- ko: 기한 내 보고율        en: Reports on time
-- unit: %                               aggregate: 100 * avg(amount)
-- period: its own
-- counts: reports whose due day (in Seoul) ended in the period, by the cut; 1 when filed by then, else 0. One that was not
--         filed stands behind the last agreement or amendment
SELECT coalesce(report.position, term.position) AS position, report.hub,
       coalesce(report.occurred_at, term.occurred_at) AS occurred_at, field, country,
       coalesce(report.filed_on <= report.due_on, false)::INTEGER AS amount, half_year_of_day(report.due_on) AS period
FROM project_reports AS report
LEFT JOIN (SELECT stream, position, occurred_at FROM last_per_stream('project_term')) AS term USING (stream)
LEFT JOIN project_slice USING (stream)
WHERE report.due_on <= (SELECT last_day FROM cut)
