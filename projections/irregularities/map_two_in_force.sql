-- code: map.two_in_force            version: 1
-- ko: 한 분야 두 판의 시행            en: Two editions of a field in force on one day
-- rule: strategy map rule; one edition is in force for a field and date
SELECT approved.position, approved.hub, approved.occurred_at, approved.stream
FROM last_per_stream('map_approved') AS approved
JOIN map_in_force AS later USING (stream)
WHERE EXISTS (FROM map_in_force AS earlier
              WHERE earlier.field = later.field AND earlier.stream <> later.stream
                AND (earlier.first_day, earlier.stream) < (later.first_day, later.stream)
                AND earlier.last_day >= later.first_day)
