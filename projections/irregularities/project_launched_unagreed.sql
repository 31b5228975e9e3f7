SELECT launched.position, launched.hub, launched.occurred_at, launched.stream
FROM project_launched AS launched
WHERE NOT EXISTS (FROM project_agreement_signed AS signed
                  WHERE signed.stream = launched.stream AND signed.occurred_at <= happened_at(launched.occurred_at, launched.effective_at))
