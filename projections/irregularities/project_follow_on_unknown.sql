-- code: project.follow_on_unknown   version: 1
-- ko: 기록 없는 후속과제              en: Followed by a project that the record does not know, or by itself
-- rule: indicator rule JR-10; the follow-on is a project of its own
SELECT linked.position, linked.hub, linked.occurred_at, linked.stream
FROM project_follow_on_linked AS linked
WHERE concat('project:', split_part(linked.project, ':', -1)) = linked.stream
   OR concat('project:', split_part(linked.project, ':', -1)) NOT IN (SELECT stream FROM project_proposed)
