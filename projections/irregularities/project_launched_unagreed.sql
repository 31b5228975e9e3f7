SELECT launched.position, launched.hub, launched.occurred_at, launched.stream
FROM project_launched AS launched
ANTI JOIN project_agreement_signed AS signed
    ON signed.stream = launched.stream
   AND signed.occurred_at <= happened_at(launched.occurred_at, launched.effective_at)
