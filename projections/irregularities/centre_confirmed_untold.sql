SELECT position, hub, occurred_at, stream
FROM link_statements AS said JOIN (SELECT position, hub FROM effective) AS fact USING (position)
WHERE said IN ('confirmed', 'declined')
  AND NOT EXISTS (
    FROM link_statements AS linked
    WHERE linked.said = 'linked' AND linked.centre = said.other AND linked.other = said.centre
      AND (said.kind IS NULL OR said.kind = linked.kind)
      AND (said.said = 'confirmed' OR seoul(linked.effective_at)::DATE <= seoul(said.effective_at)::DATE))
