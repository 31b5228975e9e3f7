-- code: project.output_counted_twice   version: 1
-- ko: 성과 식별자의 중복              en: An identifier reported before, on another output
-- rule: indicator rule JR-06, JR-07; an output counts once by its identifier
SELECT position, hub, occurred_at, stream
FROM output_said
WHERE pid IS NOT NULL
QUALIFY first_value([stream, output]) OVER (PARTITION BY identity ORDER BY occurred_at, position) <> [stream, output]
