-- Cases open (미결) at the cut of each half-year: opened, not merged, and the last thing done was no resolution or closure.
CREATE VIEW backlog AS
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
SELECT period.period, opened.position, opened.stream, opened.hub, opened.occurred_at, case_topic.topic,
       days(opened.occurred_at, period.cut_at) AS age
FROM period
JOIN spell ON spell.open AND spell.began <= period.cut_at AND spell.ended > period.cut_at
JOIN first_per_stream('case_opened') AS opened ON opened.stream = spell.stream AND opened.occurred_at <= period.cut_at
LEFT JOIN case_topic ON case_topic.stream = spell.stream
ANTI JOIN (FROM merged_roots('backlog_merge') WHERE root <> key) AS absorbed
    ON absorbed.key = concat(period.period, '/', split_part(spell.stream, ':', 2));
