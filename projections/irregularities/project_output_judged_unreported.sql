SELECT judged.position, judged.hub, judged.occurred_at, judged.stream
FROM (
    SELECT position, hub, occurred_at, stream, output FROM project_output_verified
    UNION ALL SELECT position, hub, occurred_at, stream, output FROM project_output_rejected
) AS judged
ANTI JOIN project_output_reported AS reported USING (stream, output)
