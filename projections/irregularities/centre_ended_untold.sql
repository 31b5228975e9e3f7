SELECT position, hub, occurred_at, stream
FROM link_statements AS said JOIN (SELECT position, hub FROM effective) AS fact USING (position)
WHERE said = 'ended'
  AND NOT EXISTS (
    FROM link_statements AS linked
    WHERE linked.said = 'linked' AND linked.one = said.one AND linked.two = said.two
      AND (said.kind IS NULL OR said.kind = linked.kind)
      AND seoul(linked.effective_at)::DATE <= seoul(said.effective_at)::DATE)
