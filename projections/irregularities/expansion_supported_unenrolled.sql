SELECT supported.position, supported.hub, supported.occurred_at, supported.stream
FROM expansion_support_delivered AS supported
ANTI JOIN expansion_company_enrolled AS enrolled
    ON enrolled.stream = supported.stream
   AND enrolled.occurred_at <= supported.occurred_at
