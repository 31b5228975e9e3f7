-- Who reads the file of an evidence item (증빙 파일), as of now: `domain/visibility.py` says why. A file follows the projects and
-- stays whose entries, of its own hub, name it as their evidence: the hubs that read every one of them read it, and need what
-- each of them needs. What no project names is read by its hub alone. What a file says of persons no machine can tell, so a
-- reader needs persons besides; of what no entry names nobody knows of which class it is, so he needs them all.
CREATE VIEW evidence_readers AS
WITH item AS (
    SELECT stream, any_value(hub) AS hub FROM record.event WHERE kind = 'evidence' GROUP BY stream
), digest AS (
    SELECT stream, sha256 FROM record.evidence_deposited UNION SELECT stream, sha256 FROM record.evidence_kept
), naming AS (
    SELECT DISTINCT hub, stream AS named, unnest(evidence) AS sha256 FROM record.event
    WHERE kind <> 'evidence' AND len(evidence) > 0
), link AS (
    SELECT item.stream, coalesce(restricted.readers, project_reader.readers) AS readers, coalesce(restricted.needs, []) AS needs
    FROM item JOIN digest USING (stream) JOIN naming USING (hub, sha256)
    LEFT JOIN restricted ON restricted.stream = naming.named
    LEFT JOIN project_reader ON project_reader.stream = naming.named
), followed AS (
    SELECT stream, list(readers) FILTER (readers IS NOT NULL) AS readers, flatten(list(needs)) AS needs
    FROM link GROUP BY stream
)
SELECT stream,
       list_append(coalesce(list_reduce(readers, lambda one, other: list_intersect(one, other)), []), hub) AS readers,
       list_append(coalesce(needs, [$CONFIDENTIAL]), '$PERSONS') AS needs
FROM item LEFT JOIN followed USING (stream);
