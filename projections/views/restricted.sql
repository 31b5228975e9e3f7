-- The hubs that a project concerns: its own, and those with a share in it.
CREATE VIEW project_reader AS
WITH shared AS (
    SELECT stream, arg_max(map_keys(shares), moment(occurred_at, position)) AS hubs
    FROM record.project_credit_shared WHERE until = $FOREVER GROUP BY stream
)
SELECT stream, list_append(coalesce(hubs, []), hub) AS readers
FROM (SELECT stream, any_value(hub) AS hub FROM record.event WHERE kind = 'project' GROUP BY stream)
LEFT JOIN shared USING (stream);

-- The projects that are not for everybody, with the class (보안등급) that holds now.
CREATE VIEW confidential AS
SELECT stream, class FROM (
    SELECT stream, arg_max(security_class, moment(occurred_at, position)) AS class
    FROM record.project_security_class_assigned WHERE until = $FOREVER GROUP BY stream
) WHERE class IN ($CONFIDENTIAL);

-- Streams that are not for everybody (열람 제한), with the hubs that read each and what a reader `needs` besides, classes and
-- the word for persons: `domain/visibility.py` says why. As of now, whatever `known` and `valid` say: a class assigned later
-- covers what came before it, and one lifted opens it again.
CREATE VIEW restricted AS
WITH nominated AS (
    SELECT stream, arg_max(concat('project:', split_part(project, ':', -1)), moment(occurred_at, position)) AS project
    FROM record.exchange_nominated WHERE until = $FOREVER AND project IS NOT NULL GROUP BY stream
), stay AS (
    SELECT stream, any_value(hub) AS hub FROM record.event WHERE kind = 'exchange' GROUP BY stream
)
SELECT stream, readers, [class] AS needs FROM project_reader JOIN confidential USING (stream)
UNION ALL
SELECT stay.stream, list_append(coalesce(readers, []), stay.hub),
       list_filter(['$PERSONS', confidential.class], lambda it: it IS NOT NULL)
FROM stay LEFT JOIN nominated USING (stream) LEFT JOIN project_reader AS project ON project.stream = nominated.project
LEFT JOIN confidential ON confidential.stream = nominated.project
UNION ALL
SELECT DISTINCT stream, [hub], CASE kind WHEN 'person' THEN ['$PERSONS'] ELSE [] END
FROM record.event WHERE kind IN ('review', 'finding', 'person')
-- What was set aside may say that a stream is confidential.
UNION ALL SELECT aside.stream, [coalesce(event.hub, '')], ['$PERSONS', $CONFIDENTIAL]
FROM record.set_aside AS aside LEFT JOIN record.event AS event USING (position) WHERE aside.until = $FOREVER;

-- Entries that not everybody reads on streams that everybody reads: what one person said is read by its hub; why a centre
-- answered (`centre.answered`), and what it answered to a project that is restricted, by itself and the hubs of that project or
-- case; what restates them by the same; what hands in figures, by a digest of them in full, besides by who reads of persons. `hub` is whose it is, `needs` as in `restricted`.
CREATE VIEW restricted_entry AS
WITH answer AS (
    SELECT position, any_value(split_part(stream, ':', 2)) AS centre, arg_max(subject, since) AS subject,
           bool_or(reason IS NOT NULL) AS reasoned
    FROM record.centre_answered GROUP BY position
), concerned AS (
    SELECT stream, readers FROM project_reader
    UNION ALL
    SELECT stream, [any_value(hub)] FROM record.event
    WHERE kind = 'case' AND stream IN (SELECT subject FROM answer) GROUP BY stream
), closed AS (
    SELECT stream, [class] AS needs FROM confidential
    UNION ALL SELECT stream, ['$PERSONS', $CONFIDENTIAL] FROM record.set_aside WHERE until = $FOREVER
), own AS (
    SELECT position, hub, [hub] AS readers, ['$PERSONS'] AS needs FROM record.event WHERE type = '$RATING'
    UNION ALL
    SELECT position, hub, [hub], ['$PERSONS'] FROM record.event WHERE type = '$SUBMISSION'
    UNION ALL
    SELECT position, centre, list_append(coalesce(readers, []), centre), coalesce(needs, [])
    FROM answer LEFT JOIN concerned ON concerned.stream = subject LEFT JOIN closed ON closed.stream = subject
    WHERE reasoned OR needs IS NOT NULL
)
FROM own
UNION ALL
SELECT told.position, hub, readers, needs FROM own JOIN (
    SELECT position, entry FROM record.entry_corrected
    UNION ALL SELECT position, entry FROM record.entry_voided
    UNION ALL SELECT position, entry FROM record.entry_redacted
) AS told ON told.entry = own.position;
