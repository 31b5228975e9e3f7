CREATE MACRO by_valid(effective_at, occurred_at) AS occurred_at <= $VALID;
