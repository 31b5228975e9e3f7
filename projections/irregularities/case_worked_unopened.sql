SELECT fact.position, fact.hub, fact.occurred_at, fact.stream
FROM effective AS fact
ANTI JOIN case_opened AS opened ON opened.stream = fact.stream
WHERE fact.kind = 'case'
