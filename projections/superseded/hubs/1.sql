-- Hubs (글로벌 R&D 전략거점센터), one row each, as the last designation names them; ministry and region are those of now.
CREATE VIEW hubs AS
SELECT hub, stream, status, name_ko, name_en, assigned.ministry, assigned.region, city, country, tz, designated_on,
       decision_ref, calendar, calendar_version, coalesce(functions, []) AS functions, coalesce(linked, []) AS linked
FROM (SELECT hub, stream, status FROM hub_status WHERE ended = 'infinity'::TIMESTAMP) AS status
LEFT JOIN (SELECT * EXCLUDE (hub) FROM last_per_stream('hub_designated')) AS designation USING (stream)
LEFT JOIN (FROM hub_assignment QUALIFY row_number() OVER (PARTITION BY hub ORDER BY since DESC) = 1) AS assigned USING (hub)
LEFT JOIN hub_work USING (stream);
