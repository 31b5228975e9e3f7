SELECT denied.position, denied.hub, denied.occurred_at, denied.stream
FROM centre_activity_declined AS denied
WHERE NOT EXISTS (
    FROM centre_activity_held AS held
    WHERE lower(held.activity) = lower(denied.activity) AND held."on" = denied."on" AND split_part(held.stream, ':', 2) = split_part(denied.other, ':', -1)
      AND list_contains([split_part(it, ':', -1) FOR it IN held.others], split_part(denied.stream, ':', 2)))
