-- People (개인) by pseudonym: what is held by the names of its fields, holds not released, and who looked how often.
-- The access log (접속기록) itself is the table person_read with the actor of each entry in event.
CREATE VIEW persons AS
WITH stated AS (
    SELECT stream, position, fields FROM person_pseudonym_issued
    UNION ALL SELECT stream, position, fields FROM person_restated
), fields AS (
    SELECT stream, arg_max(fields, position) AS fields FROM stated GROUP BY stream
), hold AS (
    SELECT placed.stream, list(placed.law || coalesce(' until ' || placed.fact_until, '') ORDER BY placed.law) AS holds
    FROM (FROM person_hold_placed QUALIFY row_number() OVER (PARTITION BY stream, law ORDER BY position DESC) = 1) AS placed
    ANTI JOIN person_hold_released AS released
        ON released.stream = placed.stream AND released.law = placed.law AND released.position > placed.position
    GROUP BY placed.stream
), reading AS (
    SELECT stream, count(*) AS readings, max(occurred_at) AS last_read_at FROM person_read GROUP BY stream
)
SELECT issued.stream[8:] AS pseudonym, issued.hub,
       CASE WHEN erased.stream IS NOT NULL THEN 'erased' WHEN apart.stream IS NOT NULL THEN 'apart' ELSE 'issued' END
           AS status,
       CASE WHEN erased.stream IS NULL THEN fields.fields ELSE [] END AS fields,
       CASE WHEN erased.stream IS NULL THEN coalesce(hold.holds, []) ELSE [] END AS holds,
       coalesce(reading.readings, 0) AS readings, reading.last_read_at,
       issued.occurred_at AS issued_at, erased.occurred_at AS erased_at, erased.basis
FROM person_pseudonym_issued AS issued
LEFT JOIN fields USING (stream)
LEFT JOIN hold USING (stream)
LEFT JOIN reading USING (stream)
LEFT JOIN (FROM person_set_apart QUALIFY row_number() OVER (PARTITION BY stream ORDER BY position) = 1) AS apart USING (stream)
LEFT JOIN person_erased AS erased USING (stream);
