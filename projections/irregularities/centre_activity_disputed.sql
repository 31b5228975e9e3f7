SELECT held.position, held.hub, held.occurred_at, held.stream
FROM centre_activity_held AS held
WHERE EXISTS (
    FROM activity_denials AS denial
    WHERE lower(denial.activity) = lower(held.activity) AND denial.other = split_part(held.stream, ':', 2)
      AND denial.centre IN (SELECT split_part(unnest(held.others), ':', -1)))
