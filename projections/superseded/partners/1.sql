-- Partners (협력기관), one row each, as `domain.facts.partner.evolve` folds them; `root` is whom each stands for after all merges.
CREATE VIEW partners AS
WITH fact AS (
    SELECT stream, hub, occurred_at, position, true AS registers, name, country, kind, ror FROM partner_registered
    UNION ALL BY NAME SELECT stream, hub, occurred_at, position, split_part("into", ':', -1) AS merged FROM partner_identity_merged
    UNION ALL BY NAME SELECT stream, hub, occurred_at, position, '' AS merged FROM partner_identity_merge_reversed
    UNION ALL BY NAME SELECT stream, hub FROM partner_screened
), folded AS (
    SELECT stream,
           any_value(hub) AS hub,
           coalesce(bool_or(registers), false) AS registered,
           arg_max(name, moment(occurred_at, position)) AS name,
           arg_max(country, moment(occurred_at, position)) AS country,
           arg_max(kind, moment(occurred_at, position)) AS kind,
           arg_max_null(ror, moment(occurred_at, position)) FILTER (registers) AS ror,
           nullif(arg_max(merged, moment(occurred_at, position)), '') AS merged_into
    FROM fact GROUP BY stream
), screening AS (
    SELECT stream, map_from_entries(list((list, result) ORDER BY list)) AS screened FROM (
        SELECT stream, list, arg_max(result, moment(occurred_at, position)) AS result
        FROM partner_screened GROUP BY stream, list
    ) GROUP BY stream
)
SELECT stream, folded.hub,
       CASE WHEN merged_into IS NOT NULL THEN 'merged' WHEN registered THEN 'registered' ELSE 'none' END AS status,
       folded.* EXCLUDE (stream, hub),
       coalesce(screened, MAP {}) AS screened,
       coalesce(identity.root, split_part(stream, ':', 2)) AS root
FROM folded
LEFT JOIN screening USING (stream)
LEFT JOIN (SELECT stream, root FROM partner_identity) AS identity USING (stream);
