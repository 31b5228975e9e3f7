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
