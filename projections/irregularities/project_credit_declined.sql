SELECT shared.position, shared.hub, shared.occurred_at, shared.stream
FROM last_per_stream('project_credit_shared') AS shared
WHERE EXISTS (
    FROM centre_answers AS answer
    WHERE answer.subject = shared.stream AND NOT answer.accepts
      AND coalesce(shared.shares[answer.centre], 0) > 0)
