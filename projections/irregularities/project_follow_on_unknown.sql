SELECT linked.position, linked.hub, linked.occurred_at, linked.stream
FROM project_follow_on_linked AS linked
WHERE concat('project:', split_part(linked.project, ':', -1)) = linked.stream
   OR concat('project:', split_part(linked.project, ':', -1)) NOT IN (SELECT stream FROM project_proposed)
