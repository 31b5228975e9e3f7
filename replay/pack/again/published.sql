CREATE VIEW told AS SELECT unnest(figures, recursive := true) FROM read_json('edition/content.json', columns = {figures:
    'STRUCT(indicator VARCHAR, "by" VARCHAR, "of" VARCHAR, value DOUBLE, evidence BIGINT, missing BIGINT,
            withheld BOOLEAN)[]'})
