-- The register of overseas centres (해외센터 등록부) as `domain.facts.centre.evolve` folds it.
CREATE VIEW centre_register AS
WITH fact AS (
    SELECT stream, effective_at, occurred_at, position, 'registered' AS did, name_ko, name_en, kind, operator, country, city,
           opened_on
    FROM centre_registered
    UNION ALL BY NAME
    SELECT stream, effective_at, occurred_at, position, 'renamed' AS did, name_ko, name_en, "on" AS renamed_on
    FROM centre_renamed
    UNION ALL BY NAME
    SELECT stream, effective_at, occurred_at, position, 'closed' AS did, "on" AS closed_on, reason AS closed_for FROM centre_closed
    UNION ALL BY NAME SELECT stream, effective_at, occurred_at, position, '' AS did FROM centre_linked
    UNION ALL BY NAME SELECT stream, effective_at, occurred_at, position, '' AS did FROM centre_link_confirmed
    UNION ALL BY NAME SELECT stream, effective_at, occurred_at, position, '' AS did FROM centre_link_declined
    UNION ALL BY NAME SELECT stream, effective_at, occurred_at, position, '' AS did FROM centre_unlinked
    UNION ALL BY NAME SELECT stream, effective_at, occurred_at, position, '' AS did FROM centre_activity_held
    UNION ALL BY NAME SELECT stream, effective_at, occurred_at, position, '' AS did FROM centre_answered
)
SELECT split_part(stream, ':', 2) AS centre, stream,
       coalesce(arg_max(did, course(effective_at, occurred_at, position)) FILTER (did IN ('registered', 'closed')), 'none') AS status,
       arg_max_null(name_ko, course(effective_at, occurred_at, position)) FILTER (did IN ('registered', 'renamed')) AS name_ko,
       arg_max_null(name_en, course(effective_at, occurred_at, position)) FILTER (did IN ('registered', 'renamed')) AS name_en,
       arg_max_null(kind, course(effective_at, occurred_at, position)) FILTER (did = 'registered') AS kind,
       arg_max_null(operator, course(effective_at, occurred_at, position)) FILTER (did = 'registered') AS operator,
       arg_max_null(country, course(effective_at, occurred_at, position)) FILTER (did = 'registered') AS country,
       arg_max_null(city, course(effective_at, occurred_at, position)) FILTER (did = 'registered') AS city,
       arg_max_null(opened_on, course(effective_at, occurred_at, position)) FILTER (did = 'registered') AS opened_on,
       arg_max_null(closed_on, course(effective_at, occurred_at, position)) FILTER (did IN ('registered', 'closed')) AS closed_on,
       arg_max_null(closed_for, course(effective_at, occurred_at, position)) FILTER (did IN ('registered', 'closed')) AS closed_for,
       arg_max_null(renamed_on, course(effective_at, occurred_at, position)) FILTER (did IN ('registered', 'renamed')) AS renamed_on
FROM fact GROUP BY stream;
