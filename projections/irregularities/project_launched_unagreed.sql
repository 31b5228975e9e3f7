-- code: project.launched_unagreed       version: 1
-- ko: 협약 전 착수                        en: Launched without or before the agreement
-- rule: Innovation Act 11; research is carried out under an agreement
SELECT launched.position, launched.hub, launched.occurred_at, launched.stream
FROM project_launched AS launched
WHERE NOT EXISTS (FROM project_agreement_signed AS signed
                  WHERE signed.stream = launched.stream AND signed.occurred_at <= launched.occurred_at)
