SELECT closed.position, closed.hub, closed.occurred_at, closed.stream
FROM last_per_stream('centre_closed') AS closed
SEMI JOIN (FROM centre_register WHERE status = 'closed') AS register USING (stream)
SEMI JOIN (
    SELECT concat('centre:', unnest([centre, other])) AS stream FROM links WHERE status IN ('told', 'confirmed')
) AS standing USING (stream)
