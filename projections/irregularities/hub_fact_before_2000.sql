-- code: hub.fact_before_2000       version: 1
-- ko: 2000년 이전의 일시                  en: Told to have happened before 2000, often a default of what told it
-- rule: record rule; what happened before 2000 is in no half-year that is counted through, and no clock runs from there
SELECT position, hub, occurred_at, stream
FROM effective
WHERE of_the_world(kind) AND occurred_at < first_moment()
