-- code: map.approved_undrafted      version: 1
-- ko: 초안 없는 승인                en: Approved without a draft before it
-- rule: strategy map rule; the committee approves what was drafted
SELECT approved.position, approved.hub, approved.occurred_at, approved.stream
FROM map_approved AS approved
WHERE NOT EXISTS (FROM map_drafted AS drafted
                  WHERE drafted.stream = approved.stream AND drafted.occurred_at <= approved.occurred_at)
