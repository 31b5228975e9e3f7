-- Versions that the house published. They count once they are known, whatever `valid` is: that moment cuts what happened
-- in the world, and the rates of a half-year are published after it. A version that was withdrawn is not there.

-- Versions of work calendars (근무 달력): what is declared is the last version that stood then and one more day.
-- `covers_from` and `covers_until` are NULL of what says nothing of a coverage.
CREATE VIEW calendars AS
WITH said AS (
    SELECT position, stream, occurred_at, version, tz, weekly_open, closed_days, special_days, covers_from, covers_until,
           true AS whole
    FROM record.calendar_published WHERE position <= $KNOWN
    UNION ALL BY NAME
    SELECT position, stream, occurred_at, version, [day] AS closed_days, false AS whole
    FROM record.calendar_closure_declared WHERE position <= $KNOWN
    UNION ALL BY NAME
    SELECT position, stream, occurred_at, version, [special] AS special_days, false AS whole
    FROM record.calendar_hours_declared WHERE position <= $KNOWN
), standing AS (
    FROM said ANTI JOIN (FROM record.calendar_withdrawn WHERE position <= $KNOWN) AS act USING (stream, version)
), founded AS (
    SELECT *, count(*) FILTER (whole) OVER (PARTITION BY stream ORDER BY position) AS foundation FROM standing
)
SELECT stream, split_part(stream, ':', 2) AS calendar, version,
       first_value(tz) OVER grown AS tz,
       first_value(weekly_open) OVER grown AS weekly_open,
       list_sort(list_distinct(flatten(list(coalesce(closed_days, [])) OVER grown))) AS closed_days,
       flatten(list(coalesce(special_days, [])) OVER grown) AS special_days,
       first_value(covers_from) OVER grown AS covers_from,
       first_value(covers_until) OVER grown AS covers_until,
       occurred_at AS published_at, position
FROM founded WINDOW grown AS (PARTITION BY stream, foundation ORDER BY position);

-- The versions by which a clock can run: in a zone that is known, all hours of which read as times of day.
CREATE VIEW usable_calendars AS
SELECT * FROM calendars SEMI JOIN pg_timezone_names() AS zone ON zone.name = calendars.tz
WHERE len([it for it in weekly_open if clock(it.opens) IS NULL OR clock(it.closes) IS NULL]) = 0
  AND len([it for it in flatten([day.hours for day in special_days]) if clock(it.opens) IS NULL OR clock(it.closes) IS NULL]) = 0;

-- What each version of an SLA policy (처리기한 정책) promises by severity, in business minutes; NULL where it promises nothing.
CREATE VIEW sla_targets AS
SELECT stream, split_part(stream, ':', 2) AS policy, version, severity,
       first_response_minutes[severity] AS first_response_minutes, resolve_minutes[severity] AS resolve_minutes, position
FROM (
    SELECT *, unnest(list_distinct(list_concat(map_keys(first_response_minutes), map_keys(resolve_minutes)))) AS severity
    FROM record.sla_published ANTI JOIN (FROM record.sla_withdrawn WHERE position <= $KNOWN) AS act USING (stream, version)
    WHERE position <= $KNOWN
);

-- For what the clocks of a case may stop (산입 제외 사유), by version of an SLA policy.
CREATE VIEW sla_stop_reasons AS
SELECT split_part(stream, ':', 2) AS policy, version, coalesce(stop_reasons, []) AS stop_reasons
FROM record.sla_published ANTI JOIN (FROM record.sla_withdrawn WHERE position <= $KNOWN) AS act USING (stream, version)
WHERE position <= $KNOWN;

-- The version of a rate set that the reader names in the variable `fx` (versions by rate set), NULL when none.
CREATE MACRO named_version(rate_set) AS (getvariable('fx')::MAP(VARCHAR, BIGINT))[rate_set];

-- Rates of each version of a rate set (환율표): KRW for one unit of a currency on a day. A version that the reader names
-- is known, whenever it was published or withdrawn: an edition keeps its money.
CREATE VIEW fx_rates AS
SELECT stream, rate_set, version, currency, by_day.key AS day, by_day.value AS rate, position
FROM (
    SELECT stream, rate_set, version, position, of_currency.key AS currency, unnest(map_entries(of_currency.value)) AS by_day
    FROM (
        SELECT stream, split_part(stream, ':', 2) AS rate_set, version, position, unnest(map_entries(rates)) AS of_currency
        FROM record.fx_published
        WHERE position <= $KNOWN
          AND (stream, version) NOT IN (SELECT (stream, version) FROM record.fx_withdrawn WHERE position <= $KNOWN)
           OR named_version(split_part(stream, ':', 2)) = version
    )
);

-- The rates that amounts are converted by: of the versions that the reader names, else of the newest of every set.
-- Where two sets have a rate for a day, the one published last; `rate_set` names it and its version.
CREATE VIEW krw_rate AS
SELECT currency, day, arg_max(rate, position) AS rate,
       arg_max(concat(stream, '/', version), position) AS rate_set
FROM fx_rates
JOIN (SELECT rate_set, max(version) AS newest FROM fx_rates GROUP BY rate_set) USING (rate_set)
WHERE CASE WHEN getvariable('fx') IS NULL THEN version = newest
           ELSE named_version(rate_set) = version END
GROUP BY currency, day;

-- An amount in KRW (원), to a hundredth; NULL without a rate, or beyond all measure: of less than 10^28 a hundred million
-- can be added up.
CREATE MACRO krw(money, rate) AS
    CASE WHEN money.currency = 'KRW' THEN TRY_CAST(money.amount AS DECIMAL(30, 2))
         ELSE TRY_CAST(round(money.amount::DOUBLE * rate::DOUBLE, 2) AS DECIMAL(30, 2)) END::DECIMAL(38, 2);

-- For how many days a rate holds beyond its own where no later one is published (decision 111).
CREATE MACRO rate_days() AS 10;

-- To facts of money, each amount in KRW: by the rate of its day in Seoul, else by the last published before it, at most
-- rate_days() days back. `rate_set` names what it was converted by, `rate_age` how many days older the rate is; both are
-- NULL of won, and of what has no such rate, which has no amount.
CREATE MACRO in_krw(facts) AS TABLE
    SELECT fact.* EXCLUDE (day),
           CASE WHEN money.currency = 'KRW' OR fact.day - rate.day <= rate_days() THEN krw(money, rate.rate) END AS krw,
           CASE WHEN fact.day - rate.day <= rate_days() THEN rate.rate_set END AS rate_set,
           CASE WHEN fact.day - rate.day <= rate_days() THEN fact.day - rate.day END AS rate_age
    FROM (SELECT *, seoul(occurred_at)::DATE AS day FROM query_table(facts)) AS fact
    ASOF LEFT JOIN krw_rate AS rate ON rate.currency = fact.money.currency AND fact.day >= rate.day;

-- Targets (성과목표), the last of each hub and half-year; `late` is LATE_SET: it came when the half-year had begun.
CREATE VIEW targets AS
SELECT stream, split_part(stream, ':', 2) AS code, period, hub, arg_max(value, position) AS value,
       arg_max(occurred_at, position) >= half_year_starts(period) AS late, max(position) AS position
FROM (SELECT position, stream, occurred_at, period, fact_hub AS hub, value FROM indicator_target_set)
GROUP BY stream, period, hub;

-- Versions of indicators (성과지표); `late` is LATE_SET: defined when its first half-year had begun.
CREATE VIEW indicator_definitions AS
SELECT defined.stream, split_part(defined.stream, ':', 2) AS code, version, first_period, name_ko, name_en, unit, measures,
       qualitative, formula, occurred_at >= half_year_starts(first_period) AS late,
       stream IN (SELECT stream FROM indicator_retired) AS retired, position
FROM indicator_defined AS defined;
