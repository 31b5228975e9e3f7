CREATE MACRO in_effect(effective_at, occurred_at) AS occurred_at <= $VALID;
