SELECT approved.position, approved.hub, approved.occurred_at, approved.stream
FROM map_approved AS approved
ANTI JOIN map_drafted AS drafted
    ON drafted.stream = approved.stream
   AND drafted.occurred_at <= greatest(approved.occurred_at, approved.effective_at)
