-- A time of day, 00:00 to 24:00, as an interval since midnight.
CREATE MACRO clock(time_of_day) AS to_minutes(60 * time_of_day[:2]::INTEGER + time_of_day[4:]::INTEGER);
