-- Rates of each version of a rate set (환율표): KRW for one unit of a currency on a day. A version that the reader names
-- is known, whenever it was published or withdrawn: an edition keeps its money.
CREATE VIEW fx_rates AS
SELECT stream, rate_set, version, currency, by_day.key AS day, by_day.value AS rate, position
FROM (
    SELECT stream, rate_set, version, position, of_currency.key AS currency, unnest(map_entries(of_currency.value)) AS by_day
    FROM (
        SELECT stream, split_part(stream, ':', 2) AS rate_set, version, position, unnest(map_entries(rates)) AS of_currency
        FROM record.fx_published AS said
        WHERE position <= $KNOWN
          AND NOT EXISTS (FROM record.fx_withdrawn AS act
                          WHERE act.position <= $KNOWN AND act.stream = said.stream AND act.version = said.version)
           OR named_version(split_part(stream, ':', 2)) = version
    )
);
