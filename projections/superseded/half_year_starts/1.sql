-- The first moment of a half-year, in UTC.
CREATE MACRO half_year_starts(period) AS
    make_timestamp(period[:4]::BIGINT, CASE WHEN period[6:] = '1' THEN 1 ELSE 7 END, 1, 0, 0, 0.0) - INTERVAL 9 HOUR;
