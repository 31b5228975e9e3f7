SELECT position, hub, occurred_at, stream
FROM hub_linked
WHERE split_part(other_centre, ':', -1) = split_part(stream, ':', 2)
