-- Evidence items (증빙), one row each, as `domain.facts.evidence.evolve` folds them.
-- `keep_until` is the last day of the retention period (보존기간), which runs from 1 January after the deposit. `file_kept`:
-- the file itself is kept beside the record; a deposit of before has none, nor one whose file was not handed in or was destroyed.
CREATE VIEW evidence_items AS
WITH fact AS (
    SELECT stream, hub, occurred_at, position, 'deposited' AS status, sha256, custodian, retention, media_type, bytes
    FROM evidence_deposited
    UNION ALL BY NAME SELECT stream, hub, occurred_at, position, 'purged' AS status, legal_basis FROM evidence_purged
    UNION ALL BY NAME SELECT stream, hub, true AS accessed FROM evidence_accessed
    UNION ALL BY NAME SELECT stream, hub, occurred_at, position, file_kept
    FROM (SELECT *, true AS file_kept FROM evidence_kept UNION ALL BY NAME SELECT *, false AS file_kept FROM evidence_purged)
), folded AS (
    SELECT stream,
           any_value(hub) AS hub,
           coalesce(arg_max(status, moment(occurred_at, position)), 'none') AS status,
           arg_max(sha256, moment(occurred_at, position)) AS sha256,
           arg_max(custodian, moment(occurred_at, position)) AS custodian,
           arg_max(retention, moment(occurred_at, position)) AS retention,
           count(*) FILTER (accessed) AS accesses,
           max(occurred_at) FILTER (status = 'deposited') AS deposited_at,
           arg_max(media_type, moment(occurred_at, position)) AS media_type,
           arg_max(bytes, moment(occurred_at, position)) AS bytes,
           arg_max(legal_basis, moment(occurred_at, position)) AS legal_basis,
           coalesce(arg_max(file_kept, moment(occurred_at, position)), false) AS file_kept
    FROM fact GROUP BY stream
)
SELECT * EXCLUDE (deposited_at, media_type, bytes, legal_basis, file_kept),
       CASE WHEN retention LIKE 'Y%'
            THEN make_date(year(seoul(deposited_at)) + retention[2:]::INTEGER, 12, 31)
            WHEN retention IS NOT NULL THEN '9999-12-31'::DATE END AS keep_until,
       media_type, bytes, legal_basis, file_kept
FROM folded;

-- Who was given which file, when and what for (접근이력), an entry a row.
CREATE VIEW evidence_accesses AS
SELECT accessed.stream, hub, sha256, "by", purpose, occurred_at, position
FROM evidence_accessed AS accessed
LEFT JOIN (SELECT stream, sha256 FROM last_per_stream('evidence_deposited')) AS deposited USING (stream);

-- The files that were taken into keeping beside the record (인수), an entry a row; `evidence_items` says which still are.
CREATE VIEW evidence_files AS
SELECT stream, hub, sha256, bytes, media_type, key_id, sealed, occurred_at, position FROM evidence_kept;
