WITH held AS (
    SELECT position, hub, occurred_at, stream, activity, "on",
           [split_part(it, ':', -1) FOR it IN list_append(others, split_part(stream, ':', 2))] AS members
    FROM centre_activity_held
)
SELECT position, hub, occurred_at, stream
FROM held AS told
WHERE EXISTS (
    FROM held AS earlier
    WHERE lower(earlier.activity) = lower(told.activity) AND earlier."on" < told."on"
      AND len(list_intersect(earlier.members, told.members)) > 1)
