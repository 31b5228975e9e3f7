-- The last moment that counts (기준시점): the reader's `valid`, or without one the recording of the last entry known
-- (a redaction lets no time pass).
-- `last_day` is the last day in Seoul that had ended by then.
CREATE VIEW cut AS
SELECT coalesce(getvariable('valid')::TIMESTAMP, arg_max(recorded_at, position)) AS ends_at,
       seoul(ends_at + INTERVAL 1 MICROSECOND)::DATE - 1 AS last_day
FROM record.event WHERE position <= $KNOWN AND type <> 'entry.redacted';
