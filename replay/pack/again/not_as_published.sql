SELECT coalesce(told.indicator, again.indicator) AS indicator, coalesce(told."by", again."by") AS "by",
       coalesce(told."of", again."of") AS "of", told.value AS told, again.value AS again,
       told.evidence, again.evidence AS evidence_again
FROM told FULL JOIN again ON again.indicator = told.indicator
    AND again."by" IS NOT DISTINCT FROM told."by" AND again."of" IS NOT DISTINCT FROM told."of"
WHERE NOT coalesce(withheld, false) AND (
    (told.evidence, told.missing, told.value IS NULL)
        IS DISTINCT FROM (again.evidence, again.missing, again.value IS NULL)
    OR abs(told.value - again.value) > 1e-6 + 1e-9 * abs(told.value))
ORDER BY ALL
