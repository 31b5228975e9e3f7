-- code: case.sla_unknown            version: 1
-- ko: 공표되지 않았거나 쓸 수 없는 처리기한            en: Bound to a policy or calendar version that is not there or cannot be used
-- rule: SLA rule; a case is bound to what is published
SELECT bound.position, bound.hub, bound.occurred_at, bound.stream
FROM case_sla_bound AS bound
WHERE NOT EXISTS (FROM sla_published AS policy
                  WHERE policy.stream = concat('sla:', bound.policy) AND policy.version = bound.policy_version)
   OR NOT EXISTS (FROM usable_calendars AS calendars
                  WHERE calendars.calendar = bound.calendar AND calendars.version = bound.calendar_version)
