-- code: project.output_judged_unreported   version: 1
-- ko: 보고 없는 성과의 검증            en: An output verified or rejected that was never reported
-- rule: indicator rule JR-06; what is verified was reported
SELECT judged.position, judged.hub, judged.occurred_at, judged.stream
FROM (
    SELECT position, hub, occurred_at, stream, output FROM project_output_verified
    UNION ALL SELECT position, hub, occurred_at, stream, output FROM project_output_rejected
) AS judged
ANTI JOIN project_output_reported AS reported USING (stream, output)
