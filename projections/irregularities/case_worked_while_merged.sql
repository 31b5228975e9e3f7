WITH turn AS (
    SELECT stream, moment(occurred_at, position) AS at, true AS merged FROM case_merged
    UNION ALL SELECT stream, moment(occurred_at, position), false FROM case_merge_reversed
), work AS (
    SELECT *, moment(occurred_at, position) AS at FROM effective
    WHERE kind = 'case'
      AND type NOT IN ('case.opened', 'case.merged', 'case.merge_reversed', 'case.closed', 'case.satisfaction_rated')
)
SELECT work.position, work.hub, work.occurred_at, work.stream
FROM work ASOF JOIN turn ON turn.stream = work.stream AND turn.at <= work.at
WHERE turn.merged
