-- code: project.credit_to_unknown_hub   version: 1
-- ko: 지정되지 않은 센터에 배분          en: Credit shared with a hub that was never designated
-- rule: indicator rule JR-01; the shares of hubs sum to 1
SELECT shared.position, shared.hub, shared.occurred_at, shared.stream
FROM project_credit_shared AS shared
WHERE EXISTS (SELECT 1 FROM (SELECT unnest(map_keys(shared.shares)) AS credited)
              WHERE concat('hub:', credited) NOT IN (SELECT stream FROM hub_designated))
