-- The rates that amounts are converted by: of the versions that the reader names, else of the newest of every set.
-- Where two sets have a rate for a day, the one published last.
CREATE VIEW krw_rate AS
SELECT currency, day, arg_max(rate, position) AS rate
FROM fx_rates
JOIN (SELECT rate_set, max(version) AS newest FROM fx_rates GROUP BY rate_set) USING (rate_set)
WHERE CASE WHEN getvariable('fx') IS NULL THEN version = newest
           ELSE named_version(rate_set) = version END
GROUP BY currency, day;
