-- Versions of work calendars (근무 달력): a closure is the version before and one more closed day.
CREATE VIEW calendars AS
WITH said AS (
    SELECT position, stream, occurred_at, version, tz, weekly_open, closed_days, true AS whole FROM calendar_published
    UNION ALL BY NAME
    SELECT position, stream, occurred_at, version, [day] AS closed_days, false AS whole FROM calendar_closure_declared
), founded AS (
    SELECT *, count(*) FILTER (whole) OVER (PARTITION BY stream ORDER BY position) AS foundation FROM said
)
SELECT stream, split_part(stream, ':', 2) AS calendar, version,
       first_value(tz) OVER grown AS tz,
       first_value(weekly_open) OVER grown AS weekly_open,
       list_sort(list_distinct(flatten(list(closed_days) OVER grown))) AS closed_days,
       occurred_at AS published_at, position
FROM founded WINDOW grown AS (PARTITION BY stream, foundation ORDER BY position);

-- What each version of an SLA policy (처리기한 정책) promises by severity, in business minutes; NULL where it promises nothing.
CREATE VIEW sla_targets AS
SELECT stream, split_part(stream, ':', 2) AS policy, version, severity,
       first_response_minutes[severity] AS first_response_minutes, resolve_minutes[severity] AS resolve_minutes, position
FROM (
    SELECT *, unnest(list_distinct(list_concat(map_keys(first_response_minutes), map_keys(resolve_minutes)))) AS severity
    FROM sla_published
);

-- Rates of each version of a rate set (환율표): KRW for one unit of a currency on a day.
CREATE VIEW fx_rates AS
SELECT stream, rate_set, version, currency, by_day.key AS day, by_day.value AS rate, position
FROM (
    SELECT stream, rate_set, version, position, of_currency.key AS currency, unnest(map_entries(of_currency.value)) AS by_day
    FROM (
        SELECT stream, split_part(stream, ':', 2) AS rate_set, version, position, unnest(map_entries(rates)) AS of_currency
        FROM fx_published
    )
);

-- Targets (성과목표), the last of each hub and half-year; `late` is LATE_SET: it came when the half-year had begun.
CREATE VIEW targets AS
SELECT stream, split_part(stream, ':', 2) AS code, period, hub, arg_max(value, position) AS value,
       arg_max(occurred_at, position) >= half_year_starts(period) AS late, max(position) AS position
FROM (SELECT position, stream, occurred_at, period, fact_hub AS hub, value FROM indicator_target_set)
GROUP BY stream, period, hub;
