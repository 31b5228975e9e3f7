-- How long each completed stream is kept (보존기간), by the longest class of what is on it; `domain/retention.py` has the data.
-- `due` as of the last moment that counts (`cut`). Nothing deletes by this view.
CREATE VIEW retention AS
WITH class (class, rank, years) AS (VALUES $CLASSES),
rule (of, class) AS (VALUES $RULES),
turn (type, completes) AS (VALUES $TURNS),
stream AS (
    SELECT stream, kind, any_value(hub) AS hub,
           bool_or(completes) FILTER (turned) AS completed,
           max(effective_at) FILTER (turned) AS completed_at
    FROM (
        SELECT effective.*, completes,
               row_number() OVER (PARTITION BY stream ORDER BY effective_at DESC, occurred_at DESC, position DESC) = 1 AS turned
        FROM effective JOIN turn USING (type)
    ) GROUP BY stream, kind
), kept AS (
    SELECT stream, arg_min(class, rank) AS class
    FROM (
        SELECT stream, kind AS of FROM stream
        UNION ALL SELECT DISTINCT stream, type FROM event
    ) JOIN rule USING (of) JOIN class USING (class) GROUP BY stream
), now AS (
    SELECT seoul(ends_at)::DATE AS today FROM cut
)
SELECT stream, kind, hub, class, years, seoul(completed_at)::DATE AS completed_on,
       make_date(year(seoul(completed_at)) + years, 12, 31) AS keep_until,
       coalesce(keep_until < today, false) AS due
FROM stream JOIN kept USING (stream) JOIN class USING (class), now
WHERE completed;
