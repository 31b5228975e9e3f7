-- Strategy maps (글로벌 R&D 전략지도), one row for each edition, as `domain.facts.strategy_map.evolve` folds them.
CREATE VIEW strategy_maps AS
WITH fact AS (
    SELECT stream, hub, effective_at, occurred_at, position, 'drafted' AS status, 1 AS stage, field, edition, scheme_version,
           title_ko, title_en FROM map_drafted
    UNION ALL BY NAME SELECT stream, hub, effective_at, occurred_at, position, 'approved' AS status, 2 AS stage, in_force_from, session FROM map_approved
    UNION ALL BY NAME SELECT stream, hub, effective_at, occurred_at, position, 'superseded' AS status, 3 AS stage, "on" AS in_force_to, "by" AS superseded_by FROM map_superseded
    UNION ALL BY NAME SELECT stream, hub FROM map_level_assessed
    UNION ALL BY NAME SELECT stream, hub FROM map_coop_type_assigned
), folded AS (
    SELECT stream,
           any_value(hub) AS hub,
           coalesce(arg_max(status, staged_course(stage, effective_at, occurred_at, position)), 'none') AS status,
           arg_max(field, course(effective_at, occurred_at, position)) AS field,
           arg_max(edition, course(effective_at, occurred_at, position)) AS edition,
           arg_max(in_force_from, course(effective_at, occurred_at, position)) AS in_force_from,
           arg_max(in_force_to, course(effective_at, occurred_at, position)) AS in_force_to,
           arg_max_null(scheme_version, course(effective_at, occurred_at, position)) FILTER (status = 'drafted') AS scheme_version,
           arg_max_null(title_ko, course(effective_at, occurred_at, position)) FILTER (status = 'drafted') AS title_ko,
           arg_max_null(title_en, course(effective_at, occurred_at, position)) FILTER (status = 'drafted') AS title_en,
           arg_max_null(session, course(effective_at, occurred_at, position)) FILTER (status = 'approved') AS session,
           arg_max_null(superseded_by, course(effective_at, occurred_at, position)) FILTER (status = 'superseded') AS superseded_by
    FROM fact GROUP BY stream
), levels AS (
    SELECT stream, map_from_entries(list((place, rank) ORDER BY place)) AS levels FROM (
        SELECT stream, concat(sub_tech, '/', country) AS place, arg_max_null(rank, course(effective_at, occurred_at, position)) AS rank
        FROM map_level_assessed GROUP BY ALL
    ) GROUP BY stream
), coop AS (
    SELECT stream, map_from_entries(list((sub_tech, coop_type) ORDER BY sub_tech)) AS coop_types FROM (
        SELECT stream, sub_tech, arg_max(coop_type, course(effective_at, occurred_at, position)) AS coop_type
        FROM map_coop_type_assigned GROUP BY ALL
    ) GROUP BY stream
)
SELECT stream, hub, status, field, edition, in_force_from, in_force_to,
       coalesce(levels, MAP {}) AS levels, coalesce(coop_types, MAP {}) AS coop_types,
       scheme_version, title_ko, title_en, session, superseded_by
FROM folded LEFT JOIN levels USING (stream) LEFT JOIN coop USING (stream);

-- The days on which each approved edition holds: from its own first day to the day before it was superseded.
CREATE VIEW map_in_force AS
SELECT stream, hub, field, edition, in_force_from AS first_day, coalesce(in_force_to, '9999-12-31'::DATE) - 1 AS last_day
FROM strategy_maps WHERE in_force_from IS NOT NULL AND field IS NOT NULL AND first_day <= last_day;
