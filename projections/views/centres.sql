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
    UNION ALL BY NAME SELECT stream, effective_at, occurred_at, position, '' AS did FROM centre_activity_declined
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

-- Centres, one row each: those of the register, and every hub. Where a hub is not registered, its designation says it.
CREATE VIEW centres AS
SELECT coalesce(register.centre, hubs.hub) AS centre,
       coalesce(register.stream, concat('centre:', hubs.hub)) AS stream,
       coalesce(register.status, 'none') AS status,
       coalesce(register.name_ko, hubs.name_ko) AS name_ko, coalesce(register.name_en, hubs.name_en) AS name_en,
       coalesce(register.kind, CASE WHEN hubs.hub IS NOT NULL THEN 'HUB' END) AS kind,
       coalesce(register.operator, hubs.operator) AS operator,
       coalesce(register.country, hubs.country) AS country, coalesce(register.city, hubs.city) AS city,
       coalesce(hubs.region, counted.region) AS region,
       opened_on, renamed_on, closed_on, closed_for, hubs.hub IS NOT NULL AS is_hub, hubs.status AS hub_status
FROM centre_register AS register FULL JOIN hubs ON hubs.hub = register.centre
LEFT JOIN (FROM region_country WHERE counted) AS counted ON counted.country = coalesce(register.country, hubs.country);

-- What each centre said of working with another; `hub.linked`, which names no kind, has the kind ''. To confirm, decline or
-- end without a kind is of every kind.
CREATE VIEW link_statements AS
SELECT *, least(centre, other) AS one, greatest(centre, other) AS two FROM (
    SELECT position, stream, effective_at, occurred_at, split_part(stream, ':', 2) AS centre,
           split_part(other, ':', -1) AS other, kind, scope, NULL AS reason, 'linked' AS said
    FROM centre_linked
    UNION ALL
    SELECT position, stream, effective_at, occurred_at, split_part(stream, ':', 2), split_part(other_centre, ':', -1), '',
           scope, NULL, 'linked'
    FROM hub_linked
    UNION ALL
    SELECT position, stream, effective_at, occurred_at, split_part(stream, ':', 2), split_part(other, ':', -1), kind, NULL,
           NULL, 'confirmed'
    FROM centre_link_confirmed
    UNION ALL
    SELECT position, stream, effective_at, occurred_at, split_part(stream, ':', 2), split_part(other, ':', -1), kind, NULL,
           reason, 'declined'
    FROM centre_link_declined
    UNION ALL
    SELECT position, stream, effective_at, occurred_at, split_part(stream, ':', 2), split_part(other, ':', -1), kind, NULL,
           reason, 'ended'
    FROM centre_unlinked
) WHERE lower(centre) <> lower(other);

-- Links between centres (해외센터 연계), one row for two centres and a kind: `told` by one side, `confirmed` by both,
-- `declined` or `ended` by either. What was said before the last end counts no more.
CREATE VIEW links AS
WITH told AS (
    SELECT said.* REPLACE (linked.kind AS kind)
    FROM (SELECT DISTINCT one, two, kind FROM link_statements WHERE said = 'linked') AS linked
    JOIN link_statements AS said USING (one, two)
    WHERE said.kind IS NULL OR said.kind = linked.kind
), counted AS (
    SELECT *, said IN ('linked', 'confirmed') AS stands,
           count(*) FILTER (said IN ('declined', 'ended')) OVER (PARTITION BY one, two, kind ORDER BY effective_at, occurred_at, position) AS ends,
           count(*) FILTER (said IN ('declined', 'ended')) OVER (PARTITION BY one, two, kind) AS all_ends
    FROM told
)
SELECT arg_min(centre, course(effective_at, occurred_at, position)) FILTER (said = 'linked') AS centre,
       arg_min(other, course(effective_at, occurred_at, position)) FILTER (said = 'linked') AS other,
       nullif(kind, '') AS kind,
       arg_max(scope, course(effective_at, occurred_at, position)) FILTER (said = 'linked') AS scope,
       CASE WHEN count(DISTINCT centre) FILTER (stands AND ends = all_ends) = 2 THEN 'confirmed'
            WHEN bool_or(stands AND ends = all_ends) THEN 'told'
            ELSE arg_max(said, course(effective_at, occurred_at, position)) FILTER (NOT stands) END AS status,
       seoul(coalesce(min(effective_at) FILTER (stands AND ends = all_ends), min(effective_at) FILTER (stands)))::DATE AS since,
       CASE WHEN NOT bool_or(stands AND ends = all_ends)
            THEN seoul(max(effective_at) FILTER (NOT stands))::DATE END AS ended_on,
       CASE WHEN NOT bool_or(stands AND ends = all_ends)
            THEN arg_max(reason, course(effective_at, occurred_at, position)) FILTER (NOT stands) END AS reason,
       list(DISTINCT centre ORDER BY centre) FILTER (stands AND ends = all_ends) AS told_by,
       arg_max(position, course(effective_at, occurred_at, position)) FILTER (said = 'linked') AS position,
       arg_max(stream, course(effective_at, occurred_at, position)) FILTER (said = 'linked') AS stream
FROM counted GROUP BY one, two, kind;

-- Which centres took no part in an activity (공동 활동 부인) of which the `other` told that they did, as each said last.
CREATE VIEW activity_denials AS
SELECT split_part(stream, ':', 2) AS centre, split_part(other, ':', -1) AS other, activity, "on", reason, position, stream
FROM centre_activity_declined
QUALIFY row_number() OVER (PARTITION BY stream, split_part(other, ':', -1), activity
                           ORDER BY effective_at DESC, occurred_at DESC, position DESC) = 1;

-- What centres did together (공동 활동), as each told of it last; `declined_by` are those of the others who deny it.
CREATE VIEW joint_activities AS
SELECT told.*, coalesce(declined_by, []) AS declined_by
FROM (
    SELECT split_part(stream, ':', 2) AS centre, activity, kind, title, "on", others, position, stream
    FROM centre_activity_held
    QUALIFY row_number() OVER (PARTITION BY stream, lower(activity)
                               ORDER BY effective_at DESC, occurred_at DESC, position DESC) = 1
) AS told
LEFT JOIN (
    SELECT other, lower(activity) AS activity, list(DISTINCT centre ORDER BY centre) AS declined_by
    FROM activity_denials GROUP BY ALL
) AS denied ON denied.other = told.centre AND denied.activity = lower(told.activity);

-- What each centre answered last (수락·거절) to a share in a project or the referral of a case.
CREATE VIEW centre_answers AS
SELECT split_part(stream, ':', 2) AS centre, subject, accepts, "on", reason, position, stream
FROM centre_answered
QUALIFY row_number() OVER (PARTITION BY stream, subject ORDER BY effective_at DESC, occurred_at DESC, position DESC) = 1;
