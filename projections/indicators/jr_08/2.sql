WITH assessed AS (
    SELECT position, stream, hub, occurred_at, level - first_value(level) OVER course AS gain,
           row_number() OVER course AS number, lead(occurred_at, 1, 'infinity'::TIMESTAMP) OVER course AS until
    FROM project_trl_assessed WINDOW course AS (PARTITION BY stream ORDER BY occurred_at, position)
)
SELECT assessed.position, assessed.hub, assessed.occurred_at, field, country, assessed.gain AS amount, half.period
FROM assessed
JOIN period AS half ON assessed.number > 1 AND assessed.occurred_at <= half.cut_at AND assessed.until > half.cut_at
LEFT JOIN project_slice_abroad USING (stream)
