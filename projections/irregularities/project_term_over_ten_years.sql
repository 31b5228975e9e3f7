SELECT position, hub, occurred_at, stream
FROM project_term
WHERE ends_on >= starts_on + INTERVAL 10 YEAR
