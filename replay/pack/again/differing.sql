SELECT code, hub, period, told.value AS told, again.value AS again, told.evidence, again.evidence AS evidence_again
FROM told FULL JOIN again USING (code, hub, period)
WHERE (told.evidence, told.value IS NULL) IS DISTINCT FROM (again.evidence, again.value IS NULL)
   OR abs(told.value - again.value) > 1e-9 * abs(told.value)
ORDER BY ALL
