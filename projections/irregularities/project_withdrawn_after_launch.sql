SELECT withdrawn.position, withdrawn.hub, withdrawn.occurred_at, withdrawn.stream
FROM project_withdrawn AS withdrawn
SEMI JOIN project_launched AS launched
    ON launched.stream = withdrawn.stream
   AND happened_at(launched.occurred_at, launched.effective_at) < withdrawn.occurred_at
