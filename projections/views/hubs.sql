-- What befell the designation of each hub, each status until the next.
CREATE VIEW hub_status AS
WITH fact AS (
    SELECT position, stream, occurred_at, 'designated' AS status FROM hub_designated
    UNION ALL SELECT position, stream, occurred_at, 'suspended' FROM hub_suspended
    UNION ALL SELECT position, stream, occurred_at, 'designated' FROM hub_reinstated
    UNION ALL SELECT position, stream, occurred_at, 'revoked' FROM hub_revoked
)
SELECT position, stream, split_part(stream, ':', 2) AS hub, status, occurred_at AS began,
       lead(occurred_at, 1, 'infinity'::TIMESTAMP) OVER (PARTITION BY stream ORDER BY occurred_at, position) AS ended
FROM fact;

-- Hubs (글로벌 R&D 전략거점센터), one row each, as the last designation names them.
CREATE VIEW hubs AS
SELECT hub, stream, status, name_ko, name_en, ministry, region, city, country, tz, designated_on, decision_ref
FROM (SELECT hub, stream, status FROM hub_status WHERE ended = 'infinity'::TIMESTAMP) AS status
LEFT JOIN (SELECT * EXCLUDE (hub) FROM last_per_stream('hub_designated')) AS designation USING (stream);
