SELECT stopped.position, stopped.hub, stopped.occurred_at, stopped.stream
FROM case_clock_stopped AS stopped
ASOF JOIN case_sla_bound AS bound ON bound.stream = stopped.stream AND bound.occurred_at <= stopped.occurred_at
JOIN sla_published AS policy
    ON policy.stream = concat('sla:', bound.policy) AND policy.version = bound.policy_version
WHERE NOT list_contains(policy.stop_reasons, stopped.why)
