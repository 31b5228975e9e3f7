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
-- Each round looks twice as far `ahead` and keeps the smallest key on the way (`least`), so that a chain of n takes log n
-- rounds. After as many steps as there are merges, who is not at an end is on its circle.
CREATE MACRO merged_roots(merges) AS TABLE
    WITH RECURSIVE walk (key, ahead, least, round) USING KEY (key) AS (
        SELECT key, "into", key, 0 FROM query_table(merges)
        UNION
        SELECT walk.key, further.ahead, least(walk.least, further.least), walk.round + 1
        FROM walk JOIN recurring.walk AS further ON further.key = walk.ahead
        WHERE walk.round < (SELECT ceil(log2(count(*) + 1)) FROM query_table(merges))
    )
    SELECT walk.key, circle.key IS NOT NULL AS circular, coalesce(circle.least, walk.ahead) AS root,
           walk.key IN (SELECT ahead FROM walk) AND circular AS in_circle
    FROM walk LEFT JOIN walk AS circle ON circle.key = walk.ahead;

CREATE VIEW case_identity AS SELECT 'case:' || key AS stream, * FROM merged_roots('case_merge');

CREATE VIEW partner_identity AS SELECT 'partner:' || key AS stream, * FROM merged_roots('partner_merge');
