SELECT approved.position, approved.hub, approved.occurred_at, approved.stream
FROM last_per_stream('map_approved') AS approved
JOIN map_in_force AS later USING (stream)
SEMI JOIN map_in_force AS earlier
    ON earlier.field = later.field
   AND earlier.stream <> later.stream
   AND (earlier.first_day, earlier.stream) < (later.first_day, later.stream)
   AND earlier.last_day >= later.first_day
