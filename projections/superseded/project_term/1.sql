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
       last_value(ends_on IGNORE NULLS) OVER course AS ends_on
FROM counted WINDOW course AS (PARTITION BY stream, agreement ORDER BY occurred_at, position);
