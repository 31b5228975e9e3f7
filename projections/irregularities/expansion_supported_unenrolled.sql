-- code: expansion.supported_unenrolled   version: 1
-- ko: 등록 전 기업 지원              en: Support before the company was enrolled
-- rule: expansion operating rule; support goes to companies that take part
SELECT supported.position, supported.hub, supported.occurred_at, supported.stream
FROM expansion_support_delivered AS supported
WHERE NOT EXISTS (FROM expansion_company_enrolled AS enrolled
                  WHERE enrolled.stream = supported.stream AND enrolled.occurred_at <= supported.occurred_at)
