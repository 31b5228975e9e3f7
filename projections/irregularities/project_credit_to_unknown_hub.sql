SELECT shared.position, shared.hub, shared.occurred_at, shared.stream
FROM project_credit_shared AS shared
WHERE EXISTS (SELECT 1 FROM (SELECT unnest(map_keys(shared.shares)) AS credited)
              WHERE concat('hub:', credited) NOT IN (SELECT stream FROM hub_designated))
