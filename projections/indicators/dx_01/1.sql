-- code: DX-01          version: 1       class: output
-- ko: 지원기업            en: Companies supported
-- unit: company                         aggregate: count(DISTINCT key)
-- counts: services delivered in the period; each company once in every slice, one whose enrolment is not told once a case
SELECT delivered.position, delivered.hub, delivered.occurred_at, NULL AS field, country, 1 AS amount,
       coalesce(company, stream) AS key
FROM expansion_support_delivered AS delivered
LEFT JOIN expansion_slice USING (stream)
