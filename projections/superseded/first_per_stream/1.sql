-- Of each stream, the row of a table that happened first, or last.
CREATE MACRO first_per_stream(facts) AS TABLE
    SELECT * FROM query_table(facts)
    QUALIFY row_number() OVER (PARTITION BY stream ORDER BY occurred_at, position) = 1;
