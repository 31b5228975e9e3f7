WITH concerned AS (
    SELECT stream AS subject, split_part(body, ':', -1) AS centre, seoul(effective_at)::DATE AS day FROM case_referred
    UNION ALL
    SELECT stream, unnest(map_keys(shares)), seoul(effective_at)::DATE FROM project_credit_shared
), launched AS (
    SELECT concerned.subject, centre, "on" FROM concerned JOIN project_launched ON project_launched.stream = concerned.subject
)
SELECT position, hub, occurred_at, stream
FROM centre_answered AS answer
SEMI JOIN concerned ON concerned.subject = answer.subject AND concerned.centre = split_part(answer.stream, ':', 2)
ANTI JOIN (FROM concerned UNION ALL FROM launched) AS told
    ON told.subject = answer.subject
   AND told.centre = split_part(answer.stream, ':', 2)
   AND told.day = answer."on"
WHERE NOT accepts
