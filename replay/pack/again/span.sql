CREATE TEMP TABLE span AS
SELECT *, lead(since, 1, $FOREVER) OVER (PARTITION BY position ORDER BY since) AS until
FROM (
    SELECT CASE WHEN type IN ('entry.corrected', 'entry.voided') THEN restates ELSE position END AS position,
           position AS since, type = 'entry.corrected' AS corrects
    FROM events
    UNION ALL SELECT position, position, false FROM events WHERE type IN ('entry.corrected', 'entry.voided')
)
