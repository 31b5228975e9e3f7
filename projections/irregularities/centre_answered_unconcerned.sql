SELECT position, hub, occurred_at, stream
FROM centre_answered AS answer
WHERE split_part(stream, ':', 2) NOT IN (
    SELECT split_part(body, ':', -1) FROM case_referred AS referred WHERE referred.stream = answer.subject
    UNION ALL
    SELECT unnest(map_keys(shares)) FROM project_credit_shared AS shared WHERE shared.stream = answer.subject)
