SELECT position, hub, occurred_at, stream
FROM case_first_response_sent
QUALIFY row_number() OVER (PARTITION BY stream ORDER BY occurred_at, position) > 1
