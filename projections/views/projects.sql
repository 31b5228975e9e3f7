-- The term (연구개발기간) as each agreement or amendment left it: an agreement states both ends, an amendment what changes.
CREATE VIEW project_term AS
WITH stated AS (
    SELECT position, stream, hub, occurred_at, true AS anew, starts_on, ends_on FROM project_agreement_signed
    UNION ALL SELECT position, stream, hub, occurred_at, false, starts_on, ends_on FROM project_amended
), counted AS (
    SELECT *, count(*) FILTER (anew) OVER (PARTITION BY stream ORDER BY occurred_at, position) AS agreement FROM stated
)
SELECT position, stream, hub, occurred_at,
       last_value(starts_on IGNORE NULLS) OVER course AS starts_on,
       last_value(ends_on IGNORE NULLS) OVER course AS ends_on, occurred_at AS effective_at
FROM counted WINDOW course AS (PARTITION BY stream, agreement ORDER BY occurred_at, position);

CREATE VIEW project_partners AS
SELECT stream, map_from_entries(list((partner, country) ORDER BY partner)) AS partners
FROM (
    SELECT stream, partner, arg_max_null(country, moment(occurred_at, position)) AS country
    FROM project_partner_joined GROUP BY stream, partner
) GROUP BY stream;

-- Where each output (성과) of a project stands, by the last that was said of it.
CREATE VIEW output_standing AS
SELECT stream, output, arg_max(standing, moment(occurred_at, position)) AS standing FROM (
    SELECT stream, occurred_at, position, output, 'reported' AS standing FROM project_output_reported
    UNION ALL SELECT stream, occurred_at, position, output, 'verified' FROM project_output_verified
    UNION ALL SELECT stream, occurred_at, position, output, 'rejected' FROM project_output_rejected
) GROUP BY stream, output;

CREATE VIEW project_outputs AS
SELECT stream, map_from_entries(list((output, standing) ORDER BY output)) AS outputs FROM output_standing GROUP BY stream;

-- Outputs as reported, each with what it counts by: its identifier as told last, a DOI in one spelling, or without one itself.
CREATE VIEW output_said AS
SELECT reported.*, standing,
       coalesce(
           lower(regexp_replace(arg_max(pid, moment(occurred_at, position)) OVER (PARTITION BY stream, output),
                                '^(https?://(dx\.)?doi\.org/|doi:)', '')),
           concat(stream, '/', output)) AS identity
FROM project_output_reported AS reported JOIN output_standing USING (stream, output);

-- Outputs over all projects, each identifier once, of the project that reported it first.
CREATE VIEW outputs AS
SELECT identity,
       arg_min(position, moment(occurred_at, position)) AS position,
       arg_min(stream, moment(occurred_at, position)) AS stream,
       arg_min(hub, moment(occurred_at, position)) AS hub,
       min(occurred_at) AS occurred_at,
       arg_max(kind, moment(occurred_at, position)) AS kind,
       arg_max(countries, moment(occurred_at, position)) AS countries,
       CASE WHEN bool_or(standing = 'verified') THEN 'verified' WHEN bool_and(standing = 'rejected') THEN 'rejected'
            ELSE 'reported' END AS standing,
       list(DISTINCT stream ORDER BY stream) AS streams
FROM output_said GROUP BY identity;

-- The verification that lets each output of a project count: the first, while the last word on it is no rejection.
CREATE VIEW output_verification AS
SELECT stream, output, arg_min(position, moment(occurred_at, position)) AS position, any_value(hub) AS hub, min(occurred_at) AS occurred_at
FROM project_output_verified SEMI JOIN (FROM output_standing WHERE standing = 'verified') USING (stream, output)
GROUP BY stream, output;

-- Outputs that count, each identifier once, of the project that was verified first.
CREATE VIEW verified_outputs AS
SELECT identity, verified.* EXCLUDE (output), outputs.kind, outputs.countries
FROM (SELECT DISTINCT stream, output, identity FROM output_said)
JOIN output_verification AS verified USING (stream, output)
JOIN (SELECT identity, kind, countries FROM outputs) AS outputs USING (identity)
QUALIFY row_number() OVER (PARTITION BY identity ORDER BY verified.occurred_at, verified.position) = 1;

-- How much of a project counts for each hub (실적 배분), as shared last; a project in which nothing was shared is not in here.
CREATE VIEW project_credit AS
SELECT stream, unnest(map_keys(shares)) AS hub, unnest(map_values(shares)) AS share
FROM last_per_stream('project_credit_shared');

-- Joint projects (국제공동연구), one row each, as `domain.facts.project.evolve` folds them.
CREATE VIEW projects AS
WITH fact AS (
    SELECT stream, hub, effective_at, occurred_at, position, 'proposed' AS did, 'proposed' AS work, 1 AS stage, title_ko, title_en, fields[1] AS field,
           fields, partners AS proposed_partners
    FROM project_proposed
    UNION ALL BY NAME SELECT stream, hub, effective_at, occurred_at, position, 'classified' AS did, security_class,
           basis AS class_basis, "by" AS class_by FROM project_security_class_assigned
    UNION ALL BY NAME SELECT stream, hub, effective_at, occurred_at, position, 'agreed' AS work, 2 AS stage, stages, ntis_no FROM project_agreement_signed
    UNION ALL BY NAME SELECT stream, hub, effective_at, occurred_at, position, shares FROM project_credit_shared
    UNION ALL BY NAME SELECT stream, hub, effective_at, occurred_at, position, 'launched' AS work, 3 AS stage, "on" AS launched_on FROM project_launched
    UNION ALL BY NAME SELECT stream, hub, effective_at, occurred_at, position, level AS trl, assessor_role AS trl_by FROM project_trl_assessed
    UNION ALL BY NAME SELECT stream, hub, effective_at, occurred_at, position, 'suspended' AS work, 3 AS stage, reason FROM project_suspended
    UNION ALL BY NAME SELECT stream, hub, effective_at, occurred_at, position, 'launched' AS work, 3 AS stage FROM project_resumed
    UNION ALL BY NAME SELECT stream, hub, effective_at, occurred_at, position, 'completed' AS work, 3 AS stage, "on" AS completed_on FROM project_completed
    UNION ALL BY NAME SELECT stream, hub, effective_at, occurred_at, position, 'terminated' AS work, 3 AS stage, reason FROM project_terminated
    UNION ALL BY NAME SELECT stream, hub, effective_at, occurred_at, position, 'withdrawn' AS work, 3 AS stage, reason FROM project_withdrawn
    UNION ALL BY NAME SELECT stream, hub, effective_at, occurred_at, position, result AS export_control, ref AS export_ref FROM project_export_control_determined
    UNION ALL BY NAME SELECT stream, hub, effective_at, occurred_at, position, ref AS amendment FROM project_amended
    UNION ALL BY NAME SELECT stream, hub, effective_at, occurred_at, position,
        {'kind': kind, 'grade': grade, 'at': occurred_at} AS evaluation FROM project_evaluated
    UNION ALL BY NAME SELECT stream, hub, project AS following FROM project_follow_on_linked
    UNION ALL BY NAME SELECT DISTINCT stream, hub FROM (  -- of these the view shows that the project is there
        SELECT stream, hub FROM project_partner_joined
        UNION ALL SELECT stream, hub FROM project_funding_committed
        UNION ALL SELECT stream, hub FROM project_funding_disbursed
        UNION ALL SELECT stream, hub FROM project_funding_spent
        UNION ALL SELECT stream, hub FROM project_milestone_reached
        UNION ALL SELECT stream, hub FROM project_report_filed
        UNION ALL SELECT stream, hub FROM project_output_reported
        UNION ALL SELECT stream, hub FROM project_output_verified
        UNION ALL SELECT stream, hub FROM project_output_rejected
    )
), folded AS (
    SELECT stream,
           any_value(hub) AS hub,
           coalesce(arg_max(work, staged_course(stage, effective_at, occurred_at, position)), 'none') AS work,
           arg_max_null(title_ko, course(effective_at, occurred_at, position)) FILTER (did = 'proposed') AS title_ko,
           arg_max_null(title_en, course(effective_at, occurred_at, position)) FILTER (did = 'proposed') AS title_en,
           arg_max_null(field, course(effective_at, occurred_at, position)) FILTER (did = 'proposed') AS field,
           arg_max(security_class, course(effective_at, occurred_at, position)) AS security_class,
           min(effective_at) FILTER (did = 'proposed') AS proposed_at,
           min(effective_at) FILTER (work = 'agreed') AS agreed_at,
           arg_max(launched_on, course(effective_at, occurred_at, position)) AS launched_on,
           arg_max(shares, course(effective_at, occurred_at, position)) AS shares,
           arg_max(trl, course(effective_at, occurred_at, position)) AS trl,
           arg_max(export_control, course(effective_at, occurred_at, position)) AS export_control,
           coalesce(list(DISTINCT following ORDER BY following) FILTER (following IS NOT NULL), []) AS follow_ons,
           coalesce(arg_max(fields, course(effective_at, occurred_at, position)), []) AS fields,
           coalesce(arg_max(proposed_partners, course(effective_at, occurred_at, position)), []) AS proposed_partners,
           arg_max(class_basis, course(effective_at, occurred_at, position)) AS class_basis,
           arg_max_null(class_by, course(effective_at, occurred_at, position)) FILTER (did = 'classified') AS class_by,
           arg_max(export_ref, course(effective_at, occurred_at, position)) AS export_ref,
           coalesce(arg_max(stages, course(effective_at, occurred_at, position)), []) AS stages,
           arg_max_null(ntis_no, course(effective_at, occurred_at, position)) FILTER (work = 'agreed') AS ntis_no,
           coalesce(list(amendment ORDER BY effective_at, occurred_at, position) FILTER (amendment IS NOT NULL), []) AS amendments,
           arg_max(trl_by, course(effective_at, occurred_at, position)) AS trl_by,
           coalesce(list(evaluation ORDER BY effective_at, occurred_at, position) FILTER (evaluation IS NOT NULL), []) AS evaluations,
           arg_max_null(completed_on, course(effective_at, occurred_at, position)) FILTER (work = 'completed') AS completed_on,
           arg_max_null(reason, course(effective_at, occurred_at, position)) FILTER (stage = 3) AS reason
    FROM fact GROUP BY stream
), milestone AS (
    SELECT stream, map_from_entries(list((milestone, reached) ORDER BY milestone)) AS milestones
    FROM (SELECT stream, milestone, min(occurred_at) AS reached FROM project_milestone_reached GROUP BY stream, milestone)
    GROUP BY stream
)
SELECT stream, folded.hub,
       CASE WHEN work IN ('none', 'proposed') AND security_class IS NOT NULL THEN 'classified' ELSE work END AS status,
       work, title_ko, title_en, field, security_class, proposed_at, agreed_at, launched_on,
       term.starts_on, term.ends_on,
       coalesce(partners, MAP {}) AS partners,
       coalesce(shares, MAP {}) AS shares,
       trl, export_control, follow_ons,
       coalesce(outputs, MAP {}) AS outputs,
       fields, proposed_partners, class_basis, class_by, export_ref, stages, ntis_no, amendments, trl_by,
       coalesce(milestones, MAP {}) AS milestones,
       evaluations, completed_on, reason
FROM folded
LEFT JOIN last_per_stream('project_term') AS term USING (stream)
LEFT JOIN project_partners USING (stream)
LEFT JOIN project_outputs USING (stream)
LEFT JOIN milestone USING (stream);

-- Who takes part in each project (참여기관), in which role and with what contribution, as told of each institution last.
CREATE VIEW project_participants AS
SELECT stream, hub, partner, role, country, contribution, occurred_at, position
FROM project_partner_joined
QUALIFY row_number() OVER (PARTITION BY stream, partner ORDER BY occurred_at DESC, position DESC) = 1;

-- Outputs (성과) of each project, as told of each last: what it is, where it stands, and by what method it was judged.
CREATE VIEW project_results AS
WITH fact AS (
    SELECT stream, hub, occurred_at, position, output, true AS reports, kind, pid, pid_scheme, countries FROM project_output_reported
    UNION ALL BY NAME SELECT stream, hub, occurred_at, position, output, method FROM project_output_verified
    UNION ALL BY NAME SELECT stream, hub, occurred_at, position, output, method FROM project_output_rejected
)
SELECT stream, any_value(hub) AS hub, output, any_value(standing) AS standing,
       arg_max(kind, moment(occurred_at, position)) AS kind,
       arg_max_null(pid, moment(occurred_at, position)) FILTER (reports) AS pid,
       arg_max_null(pid_scheme, moment(occurred_at, position)) FILTER (reports) AS pid_scheme,
       coalesce(arg_max(countries, moment(occurred_at, position)), []) AS countries,
       arg_max(method, moment(occurred_at, position)) AS method
FROM fact JOIN output_standing USING (stream, output) GROUP BY stream, output;

-- By what figures of projects are sliced: the main field, and the country of the first partner that joined.
CREATE VIEW project_slice AS
SELECT stream, proposed.fields[1] AS field, joined.country
FROM last_per_stream('project_proposed') AS proposed
FULL JOIN first_per_stream('project_partner_joined') AS joined USING (stream);

-- The same since figures tell partner countries alone: the country of the first partner that joined of those outside Korea, as
-- told of it last.
CREATE VIEW project_slice_abroad AS
WITH partner AS (
    SELECT stream, arg_max_null(country, moment(occurred_at, position)) AS country, min(moment(occurred_at, position)) AS since
    FROM project_partner_joined GROUP BY stream, partner
)
SELECT stream, proposed.fields[1] AS field, abroad.country
FROM last_per_stream('project_proposed') AS proposed
FULL JOIN (SELECT stream, arg_min(country, since) AS country FROM partner WHERE country <> 'KR' GROUP BY stream) AS abroad
    USING (stream);

-- The countries that take part in each project: those of the institutions that joined, as told of each last.
CREATE VIEW project_country AS
SELECT DISTINCT stream, country FROM (
    SELECT stream, arg_max_null(country, moment(occurred_at, position)) AS country
    FROM project_partner_joined GROUP BY stream, partner
) WHERE country IS NOT NULL;

-- Reports (연차·단계·최종보고서) due and filed. Due by rule: at the end of each research year, of each stage, and 60 days after
-- the agreement ends; a year that ends with a stage or the agreement owes the stage's or the final report only. The n-th
-- report of a kind answers to the n-th due; a filed one keeps the day that it names as due. After an end before the
-- agreement's nothing more is due by rule.
CREATE VIEW project_reports AS
WITH term AS (
    SELECT term.stream, term.hub, term.starts_on, term.ends_on, coalesce(stages, []) AS stages,
           coalesce(ended.on_day, '9999-12-31'::DATE) AS over_on
    FROM last_per_stream('project_term') AS term
    LEFT JOIN last_per_stream('project_agreement_signed') AS signed USING (stream)
    LEFT JOIN (
        SELECT stream, min(seoul(occurred_at)::DATE) AS on_day FROM (
            SELECT stream, occurred_at FROM project_terminated UNION ALL SELECT stream, occurred_at FROM project_withdrawn
        ) GROUP BY stream
    ) AS ended USING (stream)
    WHERE term.starts_on IS NOT NULL AND term.ends_on IS NOT NULL
), stage_end AS (
    SELECT stream, hub, over_on, unnest(stages) - 1 AS due_on, starts_on, ends_on FROM term
), rule AS (
    SELECT stream, hub, over_on, 'FINAL' AS kind, ends_on + 60 AS due_on FROM term
    UNION ALL SELECT stream, hub, over_on, 'STAGE', due_on FROM stage_end WHERE due_on > starts_on AND due_on < ends_on
    UNION ALL
    SELECT stream, hub, over_on, 'ANNUAL', due_on FROM (
        SELECT stream, hub, over_on, ends_on, stages,
               unnest(generate_series(starts_on + INTERVAL 1 YEAR, ends_on, INTERVAL 1 YEAR))::DATE - 1 AS due_on
        FROM term
    ) WHERE due_on < ends_on AND NOT list_contains(stages, due_on + 1)
), due AS (
    SELECT *, row_number() OVER (PARTITION BY stream, kind ORDER BY due_on) AS number FROM rule WHERE due_on < over_on
), filed AS (
    SELECT *, row_number() OVER (PARTITION BY stream, kind ORDER BY occurred_at, position) AS number
    FROM project_report_filed
)
SELECT stream, coalesce(filed.hub, due.hub) AS hub, kind, number, coalesce(filed.due_on, due.due_on) AS due_on,
       seoul(filed.occurred_at)::DATE AS filed_on, filed.position, filed.occurred_at, covers
FROM due FULL JOIN filed USING (stream, kind, number);
