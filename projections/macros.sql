-- When facts happened, and which of them come first. $KNOWN and $VALID stand for the variables
-- of the reader, $WORLD for the kinds of stream that hold facts of the world.

-- A number that grows in the order in which facts happened: by time, then by position.
CREATE MACRO moment(occurred_at, position) AS epoch_us(occurred_at)::HUGEINT * 18446744073709551616 + position;

-- Whether streams of a kind hold facts of the world, not acts of the house.
CREATE MACRO of_the_world(kind) AS kind IN ($WORLD);

CREATE MACRO seoul(moment_utc) AS moment_utc + INTERVAL 9 HOUR;

-- The half-year (반기) of a moment, in Asia/Seoul: 2025S1.
CREATE MACRO half_year(moment_utc) AS
    concat(year(seoul(moment_utc)), CASE WHEN month(seoul(moment_utc)) <= 6 THEN 'S1' ELSE 'S2' END);

-- The first moment of a half-year, in UTC.
CREATE MACRO half_year_starts(period) AS
    make_timestamp(period[:4]::BIGINT, CASE WHEN period[6:] = '1' THEN 1 ELSE 7 END, 1, 0, 0, 0.0) - INTERVAL 9 HOUR;

CREATE MACRO minutes(start, finish) AS (epoch_us(finish) - epoch_us(start)) / 60e6;

CREATE MACRO days(start, finish) AS (epoch_us(finish) - epoch_us(start)) / 86400e6;

-- Of each stream, the row of a table that happened first, or last.
CREATE MACRO first_per_stream(facts) AS TABLE
    SELECT * FROM query_table(facts)
    QUALIFY row_number() OVER (PARTITION BY stream ORDER BY occurred_at, position) = 1;

CREATE MACRO last_per_stream(facts) AS TABLE
    SELECT * FROM query_table(facts)
    QUALIFY row_number() OVER (PARTITION BY stream ORDER BY occurred_at DESC, position DESC) = 1;

-- Every correction and void known, whatever `valid` is.
CREATE VIEW restatement AS
SELECT position, entry, reason, note, fact_occurred_at AS occurred_at, false AS voids
FROM record.entry_corrected WHERE position <= $KNOWN
UNION ALL
SELECT position, entry, reason, note, NULL, true
FROM record.entry_voided WHERE position <= $KNOWN;

-- Every entry that holds, of any type, as its newest correction states it.
CREATE VIEW effective AS
SELECT event.position, event.position AS stated_by, event.type, event.kind, event.stream, event.hub,
       event.occurred_at, event.recorded_at, event.imported
FROM record.event AS event
WHERE event.position <= $KNOWN AND event.occurred_at <= $VALID
  AND event.type NOT IN ('entry.corrected', 'entry.voided')
  AND NOT EXISTS (FROM restatement WHERE restatement.entry = event.position)
UNION ALL
SELECT event.position, newest.position, event.type, event.kind, event.stream, event.hub,
       newest.occurred_at, event.recorded_at, event.imported
FROM (FROM restatement QUALIFY row_number() OVER (PARTITION BY entry ORDER BY position DESC) = 1) AS newest
JOIN record.event AS event ON event.position = newest.entry
WHERE NOT newest.voids AND newest.occurred_at <= $VALID;

-- Half-years from the first to the last fact of the world that holds. `cut_at` is the last moment that counts:
-- of the period, or before that the reader's `valid`, or without one the recording of the last entry known.
CREATE VIEW period AS
WITH span AS (
    SELECT seoul(min(occurred_at)) AS earliest, seoul(max(occurred_at)) AS latest
    FROM effective WHERE of_the_world(kind)
), cut AS (
    SELECT coalesce(getvariable('valid')::TIMESTAMP, max(recorded_at)) AS at FROM record.event WHERE position <= $KNOWN
), half AS (
    SELECT unnest(generate_series(
        make_date(year(earliest), CASE WHEN month(earliest) <= 6 THEN 1 ELSE 7 END, 1)::TIMESTAMP,
        latest, INTERVAL 6 MONTH)) AS local
    FROM span
)
SELECT half_year(local - INTERVAL 9 HOUR) AS period,
       local - INTERVAL 9 HOUR AS starts_at,
       local + INTERVAL 6 MONTH - INTERVAL 9 HOUR AS ends_at,
       least(local + INTERVAL 6 MONTH - INTERVAL 9 HOUR - INTERVAL 1 MICROSECOND, cut.at) AS cut_at
FROM half, cut;
