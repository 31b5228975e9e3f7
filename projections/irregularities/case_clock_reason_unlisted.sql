-- code: case.clock_reason_unlisted   version: 1
-- ko: 허용되지 않은 정지 사유           en: A clock stopped for a reason that its policy does not list
-- rule: SLA policy bound to the case; a clock stops for its listed reasons
SELECT stopped.position, stopped.hub, stopped.occurred_at, stopped.stream
FROM case_clock_stopped AS stopped
ASOF JOIN case_sla_bound AS bound ON bound.stream = stopped.stream AND bound.occurred_at <= stopped.occurred_at
JOIN sla_published AS policy
    ON policy.stream = concat('sla:', bound.policy) AND policy.version = bound.policy_version
WHERE NOT list_contains(policy.stop_reasons, stopped.why)
