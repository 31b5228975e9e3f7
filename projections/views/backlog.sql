-- The merges of cases in force at the cut of each half-year.
CREATE VIEW backlog_merge AS
WITH merging AS (
    SELECT stream, occurred_at, position, split_part("into", ':', -1) AS "into" FROM case_merged
    UNION ALL SELECT stream, occurred_at, position, '' FROM case_merge_reversed
)
SELECT concat(period, '/', split_part(stream, ':', 2)) AS key,
       concat(period, '/', arg_max("into", moment(occurred_at, position))) AS "into"
FROM period JOIN merging ON occurred_at <= cut_at
GROUP BY period, stream HAVING arg_max("into", moment(occurred_at, position)) <> '';

-- Cases open (미결) at the cut of each half-year: opened, not merged, and the last thing done was no resolution or closure.
CREATE VIEW backlog_case AS
WITH work AS (
    SELECT stream, occurred_at, position, true AS open FROM case_opened
    UNION ALL SELECT stream, occurred_at, position, true FROM case_triaged
    UNION ALL SELECT stream, occurred_at, position, true FROM case_assigned
    UNION ALL SELECT stream, occurred_at, position, true FROM case_clock_started
    UNION ALL SELECT stream, occurred_at, position, true FROM case_clock_stopped
    UNION ALL SELECT stream, occurred_at, position, true FROM case_referred
    UNION ALL SELECT stream, occurred_at, position, true FROM case_reopened
    UNION ALL SELECT stream, occurred_at, position, false FROM case_resolved
    UNION ALL SELECT stream, occurred_at, position, false FROM case_closed
), spell AS (
    SELECT stream, open, occurred_at AS began, lead(occurred_at, 1, 'infinity'::TIMESTAMP) OVER course AS ended
    FROM work WINDOW course AS (PARTITION BY stream ORDER BY occurred_at, position)
)
SELECT period.period, opened.position, opened.stream, opened.hub, opened.occurred_at, case_topic.topic
FROM period
JOIN spell ON spell.open AND spell.began <= period.cut_at AND spell.ended > period.cut_at
JOIN first_per_stream('case_opened') AS opened ON opened.stream = spell.stream AND opened.occurred_at <= period.cut_at
LEFT JOIN case_topic ON case_topic.stream = spell.stream
ANTI JOIN (FROM merged_roots('backlog_merge') WHERE root <> key) AS absorbed
    ON absorbed.key = concat(period.period, '/', split_part(spell.stream, ':', 2));

-- The same with their age in days.
CREATE VIEW backlog AS
SELECT backlog_case.*, days(occurred_at, cut_at) AS age FROM backlog_case JOIN period USING (period);
