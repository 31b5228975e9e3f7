-- Reports (연차·단계·최종보고서) due and filed. Due by rule: at the end of each research year, of each stage, and 60 days after
-- the agreement ends; a year that ends with a stage or the agreement owes the stage's or the final report only. The n-th
-- report of a kind answers to the n-th due; a filed one keeps the day that it names as due. After an end before the
-- agreement's nothing more is due by rule.
CREATE VIEW project_reports AS
WITH term AS (
    SELECT term.stream, term.hub, term.starts_on, term.ends_on, coalesce(stages, []) AS stages,
           coalesce(ended.on_day, '9999-12-31'::DATE) AS over_on
    FROM last_per_stream('project_term') AS term
    LEFT JOIN last_per_stream('project_agreement_signed') AS signed USING (stream)
    LEFT JOIN (
        SELECT stream, min(seoul(occurred_at)::DATE) AS on_day FROM (
            SELECT stream, occurred_at FROM project_terminated UNION ALL SELECT stream, occurred_at FROM project_withdrawn
        ) GROUP BY stream
    ) AS ended USING (stream)
    WHERE term.starts_on IS NOT NULL AND term.ends_on IS NOT NULL
), stage_end AS (
    SELECT stream, hub, over_on, unnest(stages) - 1 AS due_on, starts_on, ends_on FROM term
), rule AS (
    SELECT stream, hub, over_on, 'FINAL' AS kind, ends_on + 60 AS due_on FROM term
    UNION ALL SELECT stream, hub, over_on, 'STAGE', due_on FROM stage_end WHERE due_on > starts_on AND due_on < ends_on
    UNION ALL
    SELECT stream, hub, over_on, 'ANNUAL', due_on FROM (
        SELECT stream, hub, over_on, ends_on, stages,
               unnest(generate_series(starts_on + INTERVAL 1 YEAR, ends_on, INTERVAL 1 YEAR))::DATE - 1 AS due_on
        FROM term
    ) WHERE due_on < ends_on AND NOT list_contains(stages, due_on + 1)
), due AS (
    SELECT *, row_number() OVER (PARTITION BY stream, kind ORDER BY due_on) AS number FROM rule WHERE due_on < over_on
), filed AS (
    SELECT *, row_number() OVER (PARTITION BY stream, kind ORDER BY occurred_at, position) AS number
    FROM project_report_filed
)
SELECT stream, coalesce(filed.hub, due.hub) AS hub, kind, number, coalesce(filed.due_on, due.due_on) AS due_on,
       seoul(filed.occurred_at)::DATE AS filed_on, filed.position, filed.occurred_at
FROM due FULL JOIN filed USING (stream, kind, number);
