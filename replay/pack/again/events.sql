CREATE TEMP TABLE events AS
SELECT position, entry::VARCHAR AS entry, entry ->> '$.fact.type' AS type,
       (entry ->> '$.fact.entry')::BIGINT AS restates
FROM read_json('events.ndjson', format = 'newline_delimited', columns = {position: 'BIGINT', entry: 'JSON'},
               maximum_object_size = 1048576)
