-- Streams that are not for everybody (열람 제한), with the hubs that read each: `domain/visibility.py` says why. As of now,
-- whatever `known` and `valid` say: a class assigned later covers what came before it, and one lifted opens it again.
CREATE VIEW restricted AS
WITH classed AS (
    SELECT stream, any_value(hub) AS hub, arg_max(security_class, moment(occurred_at, position)) AS class
    FROM record.project_security_class_assigned WHERE until = $FOREVER GROUP BY stream
), shared AS (
    SELECT stream, arg_max(map_keys(shares), moment(occurred_at, position)) AS hubs
    FROM record.project_credit_shared WHERE until = $FOREVER GROUP BY stream
), project AS (
    SELECT stream, list_append(coalesce(hubs, []), hub) AS readers
    FROM classed LEFT JOIN shared USING (stream) WHERE class IN ($CONFIDENTIAL)
), stay AS (
    SELECT stay.stream, list_append(readers, stay.hub) AS readers
    FROM record.exchange_nominated AS stay
    JOIN project ON project.stream = concat('project:', split_part(stay.project, ':', -1))
    WHERE until = $FOREVER
    QUALIFY row_number() OVER (PARTITION BY stay.stream ORDER BY stay.occurred_at DESC, stay.position DESC) = 1
)
FROM project
UNION ALL FROM stay
UNION ALL SELECT DISTINCT stream, [hub] FROM record.event WHERE kind IN ('review', 'finding')
-- What was set aside may say that a stream is confidential.
UNION ALL SELECT aside.stream, [coalesce(event.hub, '')]
FROM record.set_aside AS aside LEFT JOIN record.event AS event USING (position) WHERE aside.until = $FOREVER;
