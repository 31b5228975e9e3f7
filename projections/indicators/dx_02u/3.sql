SELECT position, hub, occurred_at, NULL AS field, country, krw AS amount, rate_set, rate_age
FROM in_krw('expansion_deal_merged')
WHERE NOT evidenced
