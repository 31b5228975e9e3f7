SELECT position, hub, occurred_at, stream
FROM case_rating
QUALIFY row_number() OVER (PARTITION BY stream, closure ORDER BY occurred_at, position) > 1
