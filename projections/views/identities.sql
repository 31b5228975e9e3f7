-- Merges (병합) in force: of each stream the last word, as `domain.merging` reads them.
CREATE VIEW case_merge AS
SELECT split_part(stream, ':', 2) AS key, arg_max("into", moment(occurred_at, position)) AS "into" FROM (
    SELECT stream, occurred_at, position, split_part("into", ':', -1) AS "into" FROM case_merged
    UNION ALL SELECT stream, occurred_at, position, '' FROM case_merge_reversed
) GROUP BY stream HAVING "into" <> '';

CREATE VIEW partner_merge AS
SELECT split_part(stream, ':', 2) AS key, arg_max("into", moment(occurred_at, position)) AS "into" FROM (
    SELECT stream, occurred_at, position, split_part("into", ':', -1) AS "into" FROM partner_identity_merged
    UNION ALL SELECT stream, occurred_at, position, '' FROM partner_identity_merge_reversed
) GROUP BY stream HAVING "into" <> '';

-- What each merged key stands for: the end of its chain; of a chain that runs into a circle, the smallest key of the circle.
CREATE MACRO merged_roots(merges) AS TABLE
    WITH RECURSIVE walk AS (
        SELECT key, [key] AS path, "into" AS following FROM query_table(merges)
        UNION ALL
        SELECT walk.key, list_append(walk.path, walk.following), merge."into"
        FROM walk JOIN query_table(merges) AS merge ON merge.key = walk.following
        WHERE NOT list_contains(walk.path, walk.following)
    )
    SELECT key, list_contains(path, following) AS circular,
           CASE WHEN circular THEN list_min(path[list_position(path, following):]) ELSE following END AS root,
           circular AND list_contains(path[list_position(path, following):], key) AS in_circle
    FROM walk QUALIFY row_number() OVER (PARTITION BY key ORDER BY len(path) DESC) = 1;

CREATE VIEW case_identity AS SELECT 'case:' || key AS stream, * FROM merged_roots('case_merge');

CREATE VIEW partner_identity AS SELECT 'partner:' || key AS stream, * FROM merged_roots('partner_merge');
