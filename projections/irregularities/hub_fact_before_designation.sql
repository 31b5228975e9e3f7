WITH first AS (SELECT split_part(stream, ':', 2) AS hub, min(designated_on) AS day FROM hub_designated GROUP BY ALL)
SELECT fact.position, fact.hub, fact.occurred_at, fact.stream
FROM effective AS fact JOIN first USING (hub)
WHERE of_the_world(fact.kind) AND fact.effective_at >= first_moment()
  AND seoul(fact.effective_at)::DATE < first.day - INTERVAL 5 YEAR
