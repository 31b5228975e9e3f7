-- The hubs that a project concerns: its own, and those with a share in it.
CREATE VIEW project_reader AS
WITH shared AS (
    SELECT stream, arg_max(map_keys(shares), moment(occurred_at, position)) AS hubs
    FROM record.project_credit_shared WHERE until = $FOREVER GROUP BY stream
)
SELECT stream, list_append(coalesce(hubs, []), hub) AS readers
FROM (SELECT stream, any_value(hub) AS hub FROM record.event WHERE kind = 'project' GROUP BY stream)
LEFT JOIN shared USING (stream);

-- Streams that are not for everybody (열람 제한), with the hubs that read each: `domain/visibility.py` says why. As of now,
-- whatever `known` and `valid` say: a class assigned later covers what came before it, and one lifted opens it again.
CREATE VIEW restricted AS
WITH classed AS (
    SELECT stream, arg_max(security_class, moment(occurred_at, position)) AS class
    FROM record.project_security_class_assigned WHERE until = $FOREVER GROUP BY stream
), nominated AS (
    SELECT stream, arg_max(concat('project:', split_part(project, ':', -1)), moment(occurred_at, position)) AS project
    FROM record.exchange_nominated WHERE until = $FOREVER AND project IS NOT NULL GROUP BY stream
), stay AS (
    SELECT stream, any_value(hub) AS hub FROM record.event WHERE kind = 'exchange' GROUP BY stream
)
SELECT stream, readers FROM project_reader JOIN classed USING (stream) WHERE class IN ($CONFIDENTIAL)
UNION ALL
SELECT stay.stream, list_append(coalesce(readers, []), stay.hub)
FROM stay LEFT JOIN nominated USING (stream) LEFT JOIN project_reader AS project ON project.stream = nominated.project
UNION ALL SELECT DISTINCT stream, [hub] FROM record.event WHERE kind IN ('review', 'finding', 'person')
-- What was set aside may say that a stream is confidential.
UNION ALL SELECT aside.stream, [coalesce(event.hub, '')]
FROM record.set_aside AS aside LEFT JOIN record.event AS event USING (position) WHERE aside.until = $FOREVER;

-- Entries that not everybody reads on streams that everybody reads: what one person said is read by its hub; why a centre
-- answered (`centre.answered`), and what it answered to a project that is restricted, by itself and the hubs of that project or
-- case; what restates them by the same. `hub` is whose it is.
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
), own AS (
    SELECT position, hub, [hub] AS readers FROM record.event WHERE type = '$RATING'
    UNION ALL
    SELECT position, centre, list_append(coalesce(readers, []), centre)
    FROM answer LEFT JOIN concerned ON concerned.stream = subject
    WHERE reasoned OR subject IN (SELECT stream FROM restricted)
)
FROM own
UNION ALL
SELECT told.position, hub, readers FROM own JOIN (
    SELECT position, entry FROM record.entry_corrected
    UNION ALL SELECT position, entry FROM record.entry_voided
    UNION ALL SELECT position, entry FROM record.entry_redacted
) AS told ON told.entry = own.position;
