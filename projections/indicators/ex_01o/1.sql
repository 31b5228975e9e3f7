-- code: EX-01O         version: 1       class: output
-- ko: 파견 교류 인월        en: Exchange person-months, outbound
-- unit: person-month                    aggregate: sum(amount) / 30.4375
-- period: its own
-- persons: yes
-- counts: stays nominated as OUTBOUND, as in EX-01
SELECT position, hub, occurred_at, field, country, amount, period FROM exchange_stay WHERE direction = 'OUTBOUND'
