-- The half-year (반기) of a moment, in Asia/Seoul: 2025S1. $HALVES are those of this century's first half, from 2000S1 on:
-- to take a text from a list costs a fifth of making it.
CREATE MACRO half_year(moment_utc) AS
    coalesce(
        [$HALVES][1 + 2 * (year(seoul(moment_utc)) - 2000) + (month(seoul(moment_utc)) > 6)::BIGINT],
        concat(year(seoul(moment_utc)), CASE WHEN month(seoul(moment_utc)) <= 6 THEN 'S1' ELSE 'S2' END));
