-- code: hub.calendar_unknown        version: 1
-- ko: 공표되지 않았거나 쓸 수 없는 근무 달력           en: Works by a calendar version that is not there or cannot be used
-- rule: SLA rule; clocks run on published calendars
SELECT adopted.position, adopted.hub, adopted.occurred_at, adopted.stream
FROM hub_calendar_adopted AS adopted
ANTI JOIN usable_calendars AS calendars ON calendars.calendar = adopted.calendar AND calendars.version = adopted.calendar_version
