SELECT position, hub, occurred_at, field, country, amount, period FROM exchange_days WHERE direction = 'INBOUND'
