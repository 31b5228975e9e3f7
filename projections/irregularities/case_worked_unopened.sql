-- code: case.worked_unopened            version: 1
-- ko: 접수 기록 없는 상담                  en: Worked on without an opening
-- rule: helpdesk operating rule; a case begins when the difficulty reaches the helpdesk
SELECT fact.position, fact.hub, fact.occurred_at, fact.stream
FROM effective AS fact
WHERE fact.kind = 'case' AND NOT EXISTS (FROM case_opened AS opened WHERE opened.stream = fact.stream)
