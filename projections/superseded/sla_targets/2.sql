-- What each version of an SLA policy (처리기한 정책) promises by severity, in business minutes; NULL where it promises nothing.
CREATE VIEW sla_targets AS
SELECT stream, split_part(stream, ':', 2) AS policy, version, severity,
       first_response_minutes[severity] AS first_response_minutes, resolve_minutes[severity] AS resolve_minutes, position
FROM (
    SELECT *, unnest(list_distinct(list_concat(map_keys(first_response_minutes), map_keys(resolve_minutes)))) AS severity
    FROM record.sla_published AS said
    WHERE position <= $KNOWN
      AND NOT EXISTS (FROM record.sla_withdrawn AS act
                      WHERE act.position <= $KNOWN AND act.stream = said.stream AND act.version = said.version)
);
