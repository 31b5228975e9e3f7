WITH said AS (
    SELECT position, centre, one, two, kind, said, course(effective_at, occurred_at, position) AS place FROM link_statements
), answered AS (
    SELECT said.position, said.place, said.one, said.two, told.kind, max(told.place) AS told
    FROM said JOIN said AS told USING (one, two)
    WHERE said.said = 'confirmed' AND told.said = 'linked' AND told.centre <> said.centre
      AND (said.kind IS NULL OR said.kind = told.kind)
    GROUP BY ALL
), standing AS (
    FROM answered ANTI JOIN said AS ended
        ON ended.said IN ('ended', 'declined') AND ended.one = answered.one AND ended.two = answered.two
       AND (ended.kind IS NULL OR ended.kind = answered.kind) AND ended.place BETWEEN answered.told AND answered.place
)
SELECT position, hub, occurred_at, stream
FROM effective SEMI JOIN answered USING (position) ANTI JOIN standing USING (position)
