SELECT resolved.position, resolved.hub, resolved.occurred_at, resolved.stream
FROM case_resolved AS resolved
ANTI JOIN case_first_response_sent AS answered
    ON answered.stream = resolved.stream
   AND answered.occurred_at <= resolved.occurred_at
