WITH known AS (
    SELECT centre FROM centres WHERE status <> 'none' OR is_hub
), sided AS (
    SELECT position, occurred_at, effective_at, concat(one, '|', two) AS key, unnest([one, two]) AS hub, unnest([two, one]) AS other
    FROM joint_work_as_answered WHERE one IN (FROM known) AND two IN (FROM known)
)
SELECT position, hub, occurred_at, NULL AS field, centres.country, 1 AS amount, key, half_year(effective_at) AS period
FROM sided LEFT JOIN (SELECT centre, country FROM centres) AS centres ON centres.centre = sided.other
WHERE concat('hub:', hub) IN (SELECT stream FROM hub_designated)
