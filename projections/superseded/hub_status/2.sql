-- What befell the designation of each hub, each status until the next. What is revoked is not suspended: it stays so until
-- it is reinstated or designated anew.
CREATE VIEW hub_status AS
WITH told AS (
    SELECT position, stream, occurred_at, 'designated' AS status, false AS revoked FROM hub_designated
    UNION ALL SELECT position, stream, occurred_at, 'suspended', NULL FROM hub_suspended
    UNION ALL SELECT position, stream, occurred_at, 'designated', false FROM hub_reinstated
    UNION ALL SELECT position, stream, occurred_at, 'revoked', true FROM hub_revoked
), fact AS (
    FROM told
    QUALIFY revoked IS NOT NULL OR NOT coalesce(
        last_value(revoked IGNORE NULLS) OVER (PARTITION BY stream ORDER BY occurred_at, position), false)
)
SELECT position, stream, split_part(stream, ':', 2) AS hub, status, occurred_at AS began,
       lead(occurred_at, 1, 'infinity'::TIMESTAMP) OVER (PARTITION BY stream ORDER BY occurred_at, position) AS ended
FROM fact;
