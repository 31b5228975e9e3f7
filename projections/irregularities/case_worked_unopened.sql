SELECT fact.position, fact.hub, fact.occurred_at, fact.stream
FROM effective AS fact
WHERE fact.kind = 'case' AND NOT EXISTS (FROM case_opened AS opened WHERE opened.stream = fact.stream)
