-- When facts happened, and which of them come first. $KNOWN and $VALID stand for the variables
-- of the reader, $WORLD for the kinds of stream that hold facts of the world.

-- When a fact takes effect (`domain.effect`): when it happened, or the nearest moment of the day in Seoul that it names.
CREATE MACRO effective_at(occurred_at, day) AS
    CASE WHEN day IS NULL THEN occurred_at
         ELSE greatest(least(occurred_at, day::TIMESTAMP + INTERVAL 15 HOUR - INTERVAL 1 MICROSECOND),
                       day::TIMESTAMP - INTERVAL 9 HOUR, TIMESTAMP '0001-01-01') END;

-- Whether what takes effect at a moment has done so as of the reader's moment: his `valid`, or without one, where it is
-- planned, `now`.
CREATE MACRO in_effect(effective_at, occurred_at) AS
    effective_at <= CASE WHEN effective_at = occurred_at THEN $VALID ELSE $MOMENT END;

-- The same of an entry as it stands in the record, planned or not.
CREATE MACRO by_valid(effective_at, occurred_at) AS effective_at <= $VALID;

-- When something happened, for rules of order: the time, where it is that of the day that is named (somewhere on Earth),
-- else the day.
CREATE MACRO happened_at(occurred_at, effective_at) AS
    CASE WHEN abs(epoch_us(occurred_at) - epoch_us(effective_at)) <= 86400000000 THEN occurred_at ELSE effective_at END;

-- A number that grows in the order in which facts happened: by time, then by position.
CREATE MACRO moment(occurred_at, position) AS epoch_us(occurred_at)::HUGEINT * 18446744073709551616 + position;

-- What grows in the order of facts of which some name a day: by when they took effect, then by time and position.
CREATE MACRO course(effective_at, occurred_at, position) AS (effective_at, occurred_at, position);

-- The same within the stage that something reached (`staged`).
CREATE MACRO staged_course(stage, effective_at, occurred_at, position) AS (stage, effective_at, occurred_at, position);

-- A number that grows with the stage that something reached, and within a stage in the order in which facts happened: what
-- is of an earlier stage and happened later takes nothing back.
CREATE MACRO staged(stage, occurred_at, position) AS
    stage::HUGEINT * 21267647932558653966460912964485513216 + moment(occurred_at, position);

-- Whether streams of a kind hold facts of the world, not acts of the house.
CREATE MACRO of_the_world(kind) AS kind IN ($WORLD);

CREATE MACRO seoul(moment_utc) AS moment_utc + INTERVAL 9 HOUR;

-- The half-year (반기) of a moment, in Asia/Seoul: 2025S1. It stands in every formula, so it calls no other macro, which
-- would take longer to plan.
CREATE MACRO half_year(moment_utc) AS
    strftime(moment_utc + INTERVAL 9 HOUR, '%Y')
    || CASE WHEN month(moment_utc + INTERVAL 9 HOUR) > 6 THEN 'S2' WHEN month(moment_utc + INTERVAL 9 HOUR) <= 6 THEN 'S1' END;

-- The first moment of 2000 in Seoul: what happened before it is in no half-year that is counted through, and no clock
-- runs from there (`domain.input_policy.bounds` refuses it; an older record may hold it).
CREATE MACRO first_moment() AS TIMESTAMP '1999-12-31 15:00:00';

-- The half-year of a day in Seoul.
CREATE MACRO half_year_of_day(day) AS half_year(day::TIMESTAMP - INTERVAL 9 HOUR);

-- The first moment of a half-year, in UTC; NULL of what is none.
CREATE MACRO half_year_starts(period) AS
    make_timestamp(TRY_CAST(period[:4] AS BIGINT), CASE WHEN period[6:] = '1' THEN 1 ELSE 7 END, 1, 0, 0, 0.0) - INTERVAL 9 HOUR;

CREATE MACRO minutes(start, finish) AS (epoch_us(finish) - epoch_us(start)) / 60e6;

CREATE MACRO days(start, finish) AS (epoch_us(finish) - epoch_us(start)) / 86400e6;

-- The same moment of the day so many months later, in Asia/Seoul; the last of the month where that has no such day.
CREATE MACRO months_later(moment_utc, months) AS seoul(moment_utc) + to_months(months) - INTERVAL 9 HOUR;

-- A time of day, 00:00 to 24:00, as an interval since midnight; NULL of what is none.
CREATE MACRO clock(time_of_day) AS
    to_minutes(60 * TRY_CAST(time_of_day[:2] AS INTEGER) + TRY_CAST(time_of_day[4:] AS INTEGER));

-- How many microseconds a calendar has been open at a moment, of the hours before or around it; 0 before the first.
CREATE MACRO open_until(hours, moment_utc) AS
    coalesce(hours.before + epoch_us(least(moment_utc, hours.closes_at)) - epoch_us(hours.opens_at), 0);

-- How evenly weights spread over places: 1 less the sum of the squared shares of each (Simpson's index), 0 with one place.
CREATE MACRO diversity(places, weights) AS
    1 - list_sum([
        pow(list_sum([pair[2] for pair in list_zip(places, weights) if pair[1] = place])::DOUBLE / list_sum(weights)::DOUBLE, 2)
        for place in list_sort(list_distinct(places))
    ]);

-- What a sum is of another. NULL where the second is nothing, and where nothing of the first is told that is not 0 and
-- something of it is missing.
CREATE MACRO ratio(amounts, against) AS
    CASE WHEN coalesce(list_sum(amounts), 0) <> 0 OR list_count(amounts) = len(amounts)
         THEN list_sum(amounts)::DOUBLE / nullif(list_sum(against), 0)::DOUBLE END;

-- The sum of amounts, those with the same key once.
CREATE MACRO each_once(keys, amounts) AS
    list_sum([pair[2] for pair in list_distinct(list_zip(keys, amounts))])::DOUBLE;

-- Of each stream, the row of a table that took effect first, or last.
CREATE MACRO first_per_stream(facts) AS TABLE
    SELECT * FROM query_table(facts)
    QUALIFY row_number() OVER (PARTITION BY stream ORDER BY effective_at, occurred_at, position) = 1;

CREATE MACRO last_per_stream(facts) AS TABLE
    SELECT * FROM query_table(facts)
    QUALIFY row_number() OVER (PARTITION BY stream ORDER BY effective_at DESC, occurred_at DESC, position DESC) = 1;

-- Every correction and void known, whatever `valid` is.
CREATE VIEW restatement AS
SELECT position, entry, reason, note, fact_occurred_at AS occurred_at, restated_effective_at AS effective_at, false AS voids
FROM record.entry_corrected WHERE position <= $KNOWN
UNION ALL
SELECT position, entry, reason, note, NULL, NULL, true
FROM record.entry_voided WHERE position <= $KNOWN;

-- Every entry as its newest correction known states it, unless it is void, whenever it takes effect.
CREATE VIEW stated AS
SELECT event.position, event.position AS stated_by, event.type, event.kind, event.stream, event.hub,
       event.occurred_at, event.recorded_at, event.imported, event.effective_at
FROM record.event AS event ANTI JOIN restatement ON restatement.entry = event.position
WHERE event.position <= $KNOWN
  AND event.type NOT IN ('entry.corrected', 'entry.voided', 'entry.redacted')
UNION ALL
SELECT event.position, newest.position, event.type, event.kind, event.stream, event.hub,
       newest.occurred_at, event.recorded_at, event.imported, newest.effective_at
FROM (FROM restatement QUALIFY row_number() OVER (PARTITION BY entry ORDER BY position DESC) = 1) AS newest
JOIN record.event AS event ON event.position = newest.entry
WHERE NOT newest.voids;

-- Every entry that holds, of any type.
CREATE VIEW effective AS FROM stated WHERE in_effect(effective_at, occurred_at);

-- What is known and takes effect on a day that is still to come as of the reader's moment (시행 예정).
CREATE VIEW planned AS
SELECT position, stated_by, type, stream, hub, occurred_at, recorded_at, effective_at
FROM stated WHERE effective_at <> occurred_at AND NOT in_effect(effective_at, occurred_at);

-- The last moment that counts (기준시점): the reader's `valid`, or without one `now`. `last_day` is the last day in Seoul
-- that had ended by then.
CREATE VIEW cut AS
SELECT coalesce(getvariable('valid')::TIMESTAMP, getvariable('now')::TIMESTAMP) AS ends_at,
       seoul(ends_at + INTERVAL 1 MICROSECOND)::DATE - 1 AS last_day;

-- Half-years from the first to the last fact of the world that holds, by when it took effect, from 2000S1 on.
CREATE VIEW halves AS
WITH span AS (
    SELECT seoul(greatest(min(effective_at), first_moment())) AS earliest, seoul(max(effective_at)) AS latest
    FROM effective WHERE of_the_world(kind)
), half AS (
    SELECT unnest(generate_series(
        make_date(year(earliest), CASE WHEN month(earliest) <= 6 THEN 1 ELSE 7 END, 1)::TIMESTAMP,
        latest, INTERVAL 6 MONTH)) AS local
    FROM span
)
SELECT half_year(local - INTERVAL 9 HOUR) AS period,
       local - INTERVAL 9 HOUR AS starts_at,
       local + INTERVAL 6 MONTH - INTERVAL 9 HOUR AS ends_at
FROM half;

-- The same with the last moment of each that counts, `cut_at`.
CREATE VIEW period AS
SELECT halves.*, least(halves.ends_at - INTERVAL 1 MICROSECOND, cut.ends_at) AS cut_at FROM halves, cut;
