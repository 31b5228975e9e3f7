-- code: project.term_over_ten_years     version: 1
-- ko: 10년 초과 연구개발기간               en: A term of more than ten years
-- rule: Innovation Act 12(1)
SELECT position, hub, occurred_at, stream
FROM project_term
WHERE ends_on >= starts_on + INTERVAL 10 YEAR
