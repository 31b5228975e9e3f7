SELECT decided.position, decided.hub, decided.occurred_at, decided.stream
FROM review_objection_decided AS decided
ASOF JOIN review_objection_filed AS filed
    ON filed.stream = decided.stream AND filed.occurred_at <= decided.occurred_at
WHERE decided.occurred_at > filed.occurred_at + INTERVAL 30 DAY
