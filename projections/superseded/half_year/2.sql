-- The half-year (반기) of a moment, in Asia/Seoul: 2025S1. $HALVES are those of this century's first half, from 2000S1 on:
-- to take a text from a list costs a fifth of making it. (A list has nothing at 0; below that it counts from its end.)
CREATE MACRO half_year(moment_utc) AS
    coalesce(
        [$HALVES][greatest(1 + 2 * (year(seoul(moment_utc)) - 2000) + (month(seoul(moment_utc)) > 6)::BIGINT, 0)],
        printf('%04dS%d', year(seoul(moment_utc)), 1 + (month(seoul(moment_utc)) > 6)::BIGINT));
