SELECT bound.position, bound.hub, bound.occurred_at, bound.stream
FROM case_sla_bound AS bound
WHERE NOT EXISTS (FROM sla_published AS policy
                  WHERE policy.stream = concat('sla:', bound.policy) AND policy.version = bound.policy_version)
   OR NOT EXISTS (FROM usable_calendars AS calendars
                  WHERE calendars.calendar = bound.calendar AND calendars.version = bound.calendar_version)
