-- code: EX-01          version: 1       class: output
-- ko: 교류 인월           en: Exchange person-months
-- unit: person-month                    aggregate: sum(amount) / 30.4375
-- period: its own
-- counts: stays by the half-years they reach into, from arrival (else departure) to return (else the cut),
--         both days included; amount is days
SELECT position, hub, occurred_at, field, country, amount, period FROM exchange_stay
