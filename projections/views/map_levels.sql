-- Technology levels (기술수준), one row for each country in each sub-technology, unit, method and reference year (기준연도) of an
-- edition, as told last: a score of another year or unit stands beside it.
CREATE VIEW map_levels AS
SELECT stream, hub, field, edition, status, sub_tech, country, rank, score, unit, method, reference_year, occurred_at, position
FROM (
    FROM map_level_assessed
    QUALIFY row_number() OVER (PARTITION BY stream, sub_tech, country, unit, method, reference_year
                               ORDER BY effective_at DESC, occurred_at DESC, position DESC) = 1
) AS told
JOIN (SELECT stream, field, edition, status FROM strategy_maps) AS edition USING (stream);
