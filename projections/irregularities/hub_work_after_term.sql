SELECT fact.position, fact.hub, fact.occurred_at, fact.stream
FROM effective AS fact JOIN hub_terms AS term USING (hub)
WHERE of_the_world(fact.kind) AND fact.kind NOT IN ('hub', 'centre')
  AND seoul(fact.effective_at)::DATE > term.ends_on
  AND (term.followed_on IS NULL OR seoul(fact.effective_at)::DATE < term.followed_on)
