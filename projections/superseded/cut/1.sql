CREATE VIEW cut AS
SELECT coalesce(getvariable('valid')::TIMESTAMP, max(recorded_at)) AS ends_at,
       seoul(ends_at + INTERVAL 1 MICROSECOND)::DATE - 1 AS last_day
FROM record.event WHERE position <= $KNOWN AND type <> 'entry.redacted';
