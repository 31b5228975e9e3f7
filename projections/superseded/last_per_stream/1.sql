CREATE MACRO last_per_stream(facts) AS TABLE
    SELECT * FROM query_table(facts)
    QUALIFY row_number() OVER (PARTITION BY stream ORDER BY occurred_at DESC, position DESC) = 1;
