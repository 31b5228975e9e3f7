-- For what the clocks of a case may stop (산입 제외 사유), by version of an SLA policy.
CREATE VIEW sla_stop_reasons AS
SELECT split_part(stream, ':', 2) AS policy, version, coalesce(stop_reasons, []) AS stop_reasons
FROM record.sla_published AS said
WHERE position <= $KNOWN
  AND NOT EXISTS (FROM record.sla_withdrawn AS act
                  WHERE act.position <= $KNOWN AND act.stream = said.stream AND act.version = said.version);
