-- What two centres did together, an entry each: a joint activity, a case that one referred to the other, a project of which
-- both have a share, by its launch. What either declined is not in here.
CREATE VIEW together AS
WITH held AS (
    SELECT position, occurred_at, effective_at, activity AS subject,
           unnest(list_distinct([split_part(it, ':', -1) FOR it IN list_append(others, split_part(stream, ':', 2))])) AS member
    FROM centre_activity_held
), met AS (
    SELECT one.position, one.occurred_at, one.effective_at, 'activity' AS what, one.subject, one.member AS one, two.member AS two
    FROM held AS one JOIN held AS two ON two.position = one.position AND one.member < two.member
    UNION ALL
    SELECT position, occurred_at, occurred_at, 'referral', stream, least(hub, body), greatest(hub, body)
    FROM (SELECT position, occurred_at, stream, hub, split_part(body, ':', -1) AS body FROM case_referred)
    WHERE body <> hub AND hub <> '' AND body IN (SELECT centre FROM centres WHERE status <> 'none' OR is_hub)
    UNION ALL
    SELECT launched.position, launched.occurred_at, launched.effective_at, 'project', stream, one.hub, two.hub
    FROM first_per_stream('project_launched') AS launched
    JOIN project_credit AS one USING (stream) JOIN project_credit AS two USING (stream)
    WHERE one.hub < two.hub AND one.share > 0 AND two.share > 0
)
FROM met
WHERE NOT EXISTS (
    FROM centre_answers AS answer
    WHERE answer.subject = met.subject AND NOT answer.accepts AND answer.centre IN (met.one, met.two)
);

-- What two centres did together that both are known: a hub, or in the register. A name that nobody registered makes no pair.
CREATE VIEW known_together AS
WITH known AS (SELECT centre FROM centres WHERE status <> 'none' OR is_hub)
FROM together WHERE one IN (FROM known) AND two IN (FROM known);

-- The same as it is counted: an activity without who denies it, of two centres on the first day for which any telling names
-- them both, however many tell of it and for which days. Nobody is another in other letters.
CREATE VIEW joint_work AS
WITH told AS (
    SELECT together.*, held.teller
    FROM together
    LEFT JOIN (SELECT position, split_part(stream, ':', 2) AS teller FROM centre_activity_held) AS held USING (position)
    WHERE lower(one) <> lower(two)
)
SELECT position, occurred_at, effective_at, what, subject, one, two
FROM told
WHERE NOT EXISTS (
    FROM activity_denials AS denial
    WHERE denial.activity = told.subject AND denial.other = told.teller AND denial.centre IN (told.one, told.two)
)
QUALIFY row_number() OVER (PARTITION BY one, two, subject, CASE WHEN teller IS NULL THEN position END
                           ORDER BY effective_at, occurred_at, position) = 1;

-- The same of an activity that has one key in whatever letters it is written.
CREATE VIEW joint_work_by_key AS
WITH told AS (
    SELECT together.*, held.teller, CASE WHEN teller IS NULL THEN together.subject ELSE lower(together.subject) END AS work
    FROM together
    LEFT JOIN (SELECT position, split_part(stream, ':', 2) AS teller FROM centre_activity_held) AS held USING (position)
    WHERE lower(one) <> lower(two)
)
SELECT position, occurred_at, effective_at, what, work AS subject, one, two
FROM told
WHERE NOT EXISTS (
    FROM activity_denials AS denial
    WHERE lower(denial.activity) = told.work AND denial.other = told.teller AND denial.centre IN (told.one, told.two)
)
QUALIFY row_number() OVER (PARTITION BY one, two, work, CASE WHEN teller IS NULL THEN position END
                           ORDER BY effective_at, occurred_at, position) = 1;

-- The same since version 5 of NW-02: each referral counts unless that one was declined. An answer is of the last referral of its
-- case to the centre of its day or before; a day later may be the same one elsewhere.
CREATE VIEW joint_work_as_answered AS
WITH held AS (
    SELECT position, occurred_at, effective_at, lower(activity) AS subject, split_part(stream, ':', 2) AS teller,
           unnest(list_distinct([split_part(it, ':', -1) FOR it IN list_append(others, split_part(stream, ':', 2))])) AS member
    FROM centre_activity_held
), activity AS (
    SELECT one.position, one.occurred_at, one.effective_at, one.subject, one.teller, one.member AS one, two.member AS two
    FROM held AS one JOIN held AS two ON two.position = one.position AND one.member < two.member
), referral AS (
    SELECT position, occurred_at, stream, hub, split_part(body, ':', -1) AS body, seoul(occurred_at)::DATE AS day FROM case_referred
), referral_day AS (
    SELECT stream, body, day, lead(day) OVER (PARTITION BY stream, body ORDER BY day) AS next_day
    FROM (SELECT DISTINCT stream, body, day FROM referral)
), referral_answer AS (
    SELECT referral_day.stream, body, day, accepts
    FROM centre_answered AS answered JOIN referral_day
        ON referral_day.stream = answered.subject AND body = split_part(answered.stream, ':', 2)
       AND answered."on" + 1 >= day AND coalesce(answered."on" + 1 < next_day, true)
    QUALIFY row_number() OVER (PARTITION BY referral_day.stream, body, day
                               ORDER BY answered.effective_at DESC, answered.occurred_at DESC, answered.position DESC) = 1
), met AS (
    SELECT position, occurred_at, effective_at, 'activity' AS what, subject, one, two FROM activity
    WHERE NOT EXISTS (
        FROM activity_denials AS denial
        WHERE lower(denial.activity) = activity.subject AND denial.other = activity.teller AND denial.centre IN (activity.one, activity.two)
    )
    QUALIFY row_number() OVER (PARTITION BY one, two, subject ORDER BY effective_at, occurred_at, position) = 1
    UNION ALL
    SELECT position, occurred_at, occurred_at, 'referral', stream, least(hub, body), greatest(hub, body)
    FROM referral LEFT JOIN referral_answer USING (stream, body, day)
    WHERE hub <> '' AND coalesce(accepts, true) AND body IN (SELECT centre FROM centres WHERE status <> 'none' OR is_hub)
    UNION ALL
    SELECT launched.position, launched.occurred_at, launched.effective_at, 'project', stream, one.hub, two.hub
    FROM first_per_stream('project_launched') AS launched
    JOIN project_credit AS one USING (stream) JOIN project_credit AS two USING (stream)
    WHERE one.hub < two.hub AND one.share > 0 AND two.share > 0 AND NOT EXISTS (
        FROM centre_answers AS answer
        WHERE answer.subject = launched.stream AND NOT answer.accepts AND answer.centre IN (one.hub, two.hub)
    )
)
FROM met WHERE lower(one) <> lower(two);

-- The network of centres (협력망): its edges, two centres that are linked or did something together, and how often. Each
-- activity, case and project counts once; the weight is the sum.
CREATE VIEW network AS
WITH edge AS (
    SELECT least(centre, other) AS centre, greatest(centre, other) AS other, 'link' AS what, kind AS subject, status = 'confirmed' AS confirmed
    FROM links WHERE status IN ('told', 'confirmed')
    UNION ALL
    SELECT DISTINCT one, two, what, subject, false FROM joint_work_as_answered
)
SELECT centre, other,
       count(*) FILTER (what = 'link') AS links, count(*) FILTER (confirmed) AS confirmed_links,
       count(*) FILTER (what = 'project') AS projects, count(*) FILTER (what = 'referral') AS referrals,
       count(*) FILTER (what = 'activity') AS activities, count(*) AS weight
FROM edge GROUP BY centre, other;

-- Its nodes: every centre that is registered, a hub, or has an edge, with how many others it has edges to and their weight.
CREATE VIEW network_nodes AS
WITH edge AS (SELECT unnest([centre, other]) AS centre, weight FROM network)
SELECT coalesce(known.centre, edges.centre) AS centre, name_ko, name_en, kind, country, region, coalesce(is_hub, false) AS is_hub,
       coalesce(known.centre IS NOT NULL, false) AS registered, coalesce(neighbours, 0) AS neighbours, coalesce(weight, 0) AS weight
FROM (FROM centres WHERE status <> 'none' OR is_hub) AS known
FULL JOIN (SELECT centre, count(*) AS neighbours, sum(weight)::BIGINT AS weight FROM edge GROUP BY centre) AS edges
    ON edges.centre = known.centre;
