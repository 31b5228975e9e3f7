SELECT position, hub, occurred_at, stream
FROM hub_linked
WHERE lower(split_part(other_centre, ':', -1)) = lower(split_part(stream, ':', 2))
