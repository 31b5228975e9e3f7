SELECT deal.position, deal.hub, deal.occurred_at, NULL AS field, country, krw AS amount, rate_set, rate_age
FROM in_krw('expansion_deal') AS deal
LEFT JOIN expansion_slice USING (stream)
