SELECT position, hub, occurred_at, stream
FROM output_said
WHERE pid IS NOT NULL
QUALIFY first_value([stream, output]) OVER (PARTITION BY identity ORDER BY occurred_at, position) <> [stream, output]
