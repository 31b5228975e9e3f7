SELECT position, hub, occurred_at, stream
FROM hub_renewed SEMI JOIN (FROM hub_terms WHERE NOT follows) AS untold USING (position)
