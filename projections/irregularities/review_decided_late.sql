-- code: review.decided_late             version: 1
-- ko: 30일을 넘긴 이의신청 결정             en: An objection decided more than 30 days after it was filed
-- rule: Innovation Act 14(6), by analogy
SELECT decided.position, decided.hub, decided.occurred_at, decided.stream
FROM review_objection_decided AS decided
ASOF JOIN review_objection_filed AS filed
    ON filed.stream = decided.stream AND filed.occurred_at <= decided.occurred_at
WHERE decided.occurred_at > filed.occurred_at + INTERVAL 30 DAY
