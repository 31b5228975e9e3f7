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
