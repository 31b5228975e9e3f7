SELECT adopted.position, adopted.hub, adopted.occurred_at, adopted.stream
FROM hub_calendar_adopted AS adopted
ANTI JOIN usable_calendars AS calendars ON calendars.calendar = adopted.calendar AND calendars.version = adopted.calendar_version
